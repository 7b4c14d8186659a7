"""A client with the standard library alone, to be run as another user: what each [opcode, args] was answered first, a line each."""

import json
import socket
import struct
import sys

connection = socket.socket(socket.AF_UNIX)
connection.connect(sys.argv[1])
header = struct.Struct("<IBBHI")


def send(kind: int, opcode: int, call: int, payload: object) -> None:
    text = json.dumps(payload).encode()
    connection.sendall(header.pack(len(text), kind, 0, opcode, call) + text)


def answer(call: int) -> str:
    while True:
        size, _, _, _, of = header.unpack(connection.recv(header.size, socket.MSG_WAITALL))
        text = connection.recv(size, socket.MSG_WAITALL).decode()
        if of == call:
            return text


send(1, 0, 0, {"protocol": 2, "service": "", "encoding": "json"})
answer(0)
for call, (opcode, args) in enumerate(json.loads(sys.argv[2]), 1):
    send(3, opcode, call, {"args": args})
    print(answer(call))
