"""A client with the standard library alone, to be run as another user: says what it was answered, a line each."""

import json
import socket
import struct
import sys

connection = socket.socket(socket.AF_UNIX)
connection.connect(sys.argv[1])


def ask(kind: int, opcode: int, payload: object) -> str:
    text = json.dumps(payload).encode()
    connection.sendall(struct.pack("<IBBHI", len(text), kind, 0, opcode, opcode) + text)
    size = struct.unpack("<IBBHI", connection.recv(12, socket.MSG_WAITALL))[0]
    return connection.recv(size, socket.MSG_WAITALL).decode()


print("welcome", ask(1, 0, {"protocol": 2, "service": "dev.avyctl.example", "encoding": "json"}))
print("get", ask(3, 1, {"args": {"name": "a"}}))
print("start", ask(3, 10, {"args": {"name": "a"}}))
print("set_label", ask(3, 11, {"args": {"name": "a", "label": "b", "value": "c"}}))
print("forget", ask(3, 12, {"args": {"name": "a"}}))
print("lines", ask(3, 104, {"args": {}}))
