"""Sutra/2 frames: a 12-byte little-endian header (size u32, kind u8, flags u8, opcode u16, call u32), then the payload.

The one-shot path imports this module: plain integers and `_struct`, which is what `struct` re-exports, keep it cheap.
"""

from _struct import Struct

HELLO, WELCOME, CALL, REPLY, ERROR, ITEM, END, CREDIT, CANCEL, PING, PONG, GOAWAY = range(1, 13)

KIND_NAMES = ("", "HELLO", "WELCOME", "CALL", "REPLY", "ERROR", "ITEM", "END", "CREDIT", "CANCEL", "PING", "PONG", "GOAWAY")

HEADER = Struct("<IBBHI")
HEADER_SIZE = 12
MAX_TO_SERVER = 1 << 20
MAX_TO_CLIENT = 16 << 20
MAX_HANDSHAKE = 4096
HANDSHAKE_SECONDS = 5.0
PING_SECONDS = 20.0
"""Silence after which either end asks whether the other is there."""
DEAD_SECONDS = 60.0
"""Silence after which it is not."""
BUILT_IN = 0xFF00
"""Opcodes from here up are the built-in calls of api/core/api.json, which every service answers."""


def pack(kind: int, opcode: int, call: int, payload: bytes = b"") -> bytes:
    return HEADER.pack(len(payload), kind, 0, opcode, call) + payload


def refusal(size: int, kind: int, flags: int, limit: int) -> str:
    """Why a header breaks a rule; empty when it does not."""
    if not 0 < kind <= GOAWAY:
        return f"unknown frame kind {kind}"
    name = KIND_NAMES[kind]
    if flags:
        return f"unknown flag bits 0x{flags:02x} in a {name} frame"
    if size > limit:
        return f"a {name} frame of {size} bytes exceeds the limit of {limit}"
    return ""
