"""A peer at the other end of the blocking client's socket that does what a test scripts."""

import json
import socket
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import pytest

from sutra_client import blocking, frame
from sutra_client.errors import SutraError

WELCOME = {"version": "0", "fingerprint": "", "peer": {"uid": 0, "user": "root", "roles": ["admin"]}, "limits": {}}


class Peer:
    """The service's end."""

    def __init__(self, sock: socket.socket) -> None:
        self.sock = sock

    def receive(self) -> tuple[int, int, int, Any]:
        """(kind, opcode, call, decoded payload); raises EOFError when the client is gone."""
        size, kind, _, opcode, call = frame.HEADER.unpack(self._exactly(frame.HEADER_SIZE))
        payload = self._exactly(size)
        return kind, opcode, call, json.loads(payload) if payload else None

    def _exactly(self, count: int) -> bytes:
        data = b""
        while len(data) < count:
            piece = self.sock.recv(count - len(data))
            if not piece:
                raise EOFError
            data += piece
        return data

    def send(self, kind: int, call: int, payload: object = None, opcode: int = 0) -> None:
        self.sock.sendall(frame.pack(kind, opcode, call, b"" if payload is None else json.dumps(payload).encode()))

    def welcome(self) -> None:
        assert self.receive()[0] == frame.HELLO
        self.send(frame.WELCOME, 0, WELCOME)


@contextmanager
def facing(behave: Callable[[Peer], None]) -> Iterator[blocking.Client]:
    """A client of a peer that does what `behave` says and then closes."""
    ours, theirs = socket.socketpair()
    failures: list[AssertionError] = []

    def run() -> None:
        with theirs:
            try:
                behave(Peer(theirs))
            except (EOFError, OSError):
                pass  # the client left first
            except AssertionError as failure:
                failures.append(failure)

    thread = threading.Thread(target=run)
    thread.start()
    client = blocking.joined(ours.detach(), "the peer", "dev.avyctl.example")
    try:
        yield client
    finally:
        client.close()
        thread.join()
    assert not failures, failures


def raises(code: str, words: str, behave: Callable[[Peer], None], seconds: float | None = None) -> None:
    with facing(behave) as client, pytest.raises(SutraError) as caught:
        client.call(1, {"name": "x"}, seconds=seconds)
    assert (caught.value.code, words in caught.value.message) == (code, True), caught.value
