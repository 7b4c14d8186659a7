"""The floor: `python -m bench.serve_echo PATH REQUEST REPLY` answers each REQUEST bytes with REPLY bytes, with no codec and no loop."""

import socket
import sys


def serve(path: str, request: int, reply: int) -> None:
    with socket.socket(socket.AF_UNIX) as listening:
        listening.bind(path)
        listening.listen()
        print("ready", flush=True)
        answer = bytes(reply)
        while True:
            connection, _ = listening.accept()
            with connection:
                while len(connection.recv(request, socket.MSG_WAITALL)) == request:
                    connection.sendall(answer)


if __name__ == "__main__":
    serve(sys.argv[1], int(sys.argv[2]), int(sys.argv[3]))
