"""The blocking client of one-shots: one call at a time, JSON payloads, nothing but `_socket` beneath."""

import time
from _socket import AF_UNIX, SO_PEERCRED, SOCK_CLOEXEC, SOCK_STREAM, SOL_SOCKET, socket
from _struct import Struct

from sutra_client import endpoint, errors, frame
from sutra_client.errors import SutraError
from sutra_client.json_text import Json, read_object, short
from sutra_client.version import VERSION

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Generator

    Item = tuple[int, bytes, dict[str, Json]]

HANDSHAKE_SECONDS = frame.HANDSHAKE_SECONDS
PING_SECONDS = frame.PING_SECONDS
DEAD_SECONDS = frame.DEAD_SECONDS
CREDIT = 16
_GRACE = 0.25
"""Seconds that the service gets to say itself that a deadline passed, and on what."""

_CREDENTIALS = Struct("iII")
"""struct ucred: pid, uid, gid."""

_GOODBYE = "closed the connection: "
_WELCOME = {"version": str, "fingerprint": str, "peer": dict, "limits": dict}
"""What a WELCOME has, by its JSON kind."""

_INFO = "`avyctl info` shows what answers where"


def connect(path: str, service: str, fingerprint: str = "", seconds: float = HANDSHAKE_SECONDS, timeout: float | None = None) -> "Client":
    """A client of the service at this endpoint, whose server's uid was checked; raises SutraError UNAVAILABLE with path and reason.

    `seconds` is what connecting and the handshake may take, each; `timeout` what the first call will have altogether, else TIMEOUT.
    """
    began = time.monotonic()
    sock = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC)
    try:
        sock.settimeout(seconds if timeout is None else min(seconds, timeout))
        endpoint.check_socket(path)
        sock.connect(path)
        _, uid, _ = _CREDENTIALS.unpack(sock.getsockopt(SOL_SOCKET, SO_PEERCRED, _CREDENTIALS.size))
        endpoint.check_server(path, service, uid)
        return Client(sock, path, service, fingerprint, seconds, began)
    except OSError as error:
        sock.close()
        if timeout is not None and time.monotonic() - began >= timeout:
            raise late(path) from None
        why = "does not answer" if isinstance(error, TimeoutError | BlockingIOError) else error.strerror or str(error)
        raise SutraError(errors.UNAVAILABLE, f"{path}: {why}", "is the service running? " + _INFO) from None
    except BaseException:
        sock.close()
        raise


def late(name: str) -> SutraError:
    return SutraError(errors.TIMEOUT, f"{name} did not answer in time", "--timeout gives it longer")


def _hello(service: str, fingerprint: str) -> dict[str, Json]:
    return {"protocol": 2, "client": "avyctl", "version": VERSION, "service": service, "fingerprint": fingerprint, "encoding": "json"}


class Client:
    """One connection to one service, over a socket that is connected already; `name` is what errors call it.

    A deadline is `seconds` from the start of a call, of the first one from `began`, when connecting began.
    PING is answered, and sent after 20 s of silence, whenever the client waits.
    """

    def __init__(
        self, sock: socket, name: str, service: str, fingerprint: str = "", seconds: float = HANDSHAKE_SECONDS, began: float = 0
    ) -> None:
        self.name = name
        self._began = began
        self._seconds = seconds
        self._socket = sock
        self._held = bytearray()
        self._limit = frame.MAX_HANDSHAKE
        self._calls = 0
        self._heard = time.monotonic()
        self._deadline: float | None = None
        self._called: float | None = None  # the call's own deadline, which the handshake keeps too
        self._welcome: dict[str, Json] | None = None
        self._hello = frame.pack(frame.HELLO, 0, 0, short(_hello(service, fingerprint)).encode())

    def welcome(self) -> dict[str, Json]:
        """What the service says of itself and of us: version, fingerprint, peer, limits. Raises SutraError when the handshake fails."""
        if self._welcome is None:
            limit = time.monotonic() + self._seconds
            self._deadline = limit if self._called is None else min(self._called, limit)
            if self._hello:
                self._send(b"")
            self._welcome = self._greeted()
            self._deadline = self._called
        return self._welcome

    def close(self) -> None:
        self._socket.close()

    def call(self, opcode: int, args: dict[str, Json], meta: dict[str, Json] | None = None, seconds: float | None = None) -> bytes:
        """The JSON text of the answer; raises SutraError."""
        return self.answer(self.ask(opcode, args, meta, seconds))

    def ask(self, opcode: int, args: dict[str, Json], meta: dict[str, Json] | None = None, seconds: float | None = None) -> int:
        """Sends the call and waits for nothing, so that there is time for other things while the service works. Raises SutraError."""
        return self._ask(opcode, args, meta or {}, seconds)

    def answer(self, call: int) -> bytes:
        """The JSON text of the answer to what was asked last; raises SutraError."""
        kind, payload = self._answer(call)
        if kind != frame.REPLY:
            raise self._broken(f"{frame.KIND_NAMES[kind]} in answer to a call")
        return payload

    def items(
        self, opcode: int, args: dict[str, Json], meta: dict[str, Json] | None = None, seconds: float | None = None
    ) -> "Generator[Item, None, None]":
        """Revision, payload and event of each ITEM of a stream, until it ends; leaving early cancels it. Raises SutraError.

        The stream is asked for at once, and read as it is iterated.
        """
        return self._items(opcode, self._ask(opcode, args, {"credit": CREDIT, **(meta or {})}, seconds))

    def _items(self, opcode: int, call: int) -> "Generator[Item, None, None]":
        revision = unread = 0
        open_ = True
        try:
            while True:
                kind, payload = self._answer(call)
                if kind != frame.ITEM:
                    open_ = False
                    if kind != frame.END:
                        raise self._broken(f"{frame.KIND_NAMES[kind]} in a stream")
                    return
                revision, event = self._event(payload, revision)
                unread += 1
                if unread == CREDIT // 2:
                    self._send(frame.pack(frame.CREDIT, opcode, call, b"%d" % unread))
                    unread = 0
                yield revision, payload, event
        except SutraError:
            open_ = False
            raise
        finally:
            if open_:
                self._cancel(opcode, call)

    def _event(self, payload: bytes, before: int) -> tuple[int, dict[str, Json]]:
        item = read_object(payload, f"{self.name} broke the protocol: an item", errors.UNAVAILABLE)
        revision, event = item.get("revision"), item.get("event")
        if not isinstance(revision, int) or not isinstance(event, dict):
            raise self._broken("an item without revision and event")
        if revision != before + 1 and not (revision == 1 and event.get("type") == "snapshot"):
            raise self._broken(f"item {revision} after item {before}")
        return revision, event

    def _cancel(self, opcode: int, call: int) -> None:
        try:
            self._send(frame.pack(frame.CANCEL, opcode, call))
        except SutraError:
            self.close()  # gone already, which cancels as well

    def _ask(self, opcode: int, args: dict[str, Json], meta: dict[str, Json], seconds: float | None) -> int:
        self._calls += 1
        asked: dict[str, Json] = {"args": args}
        now = time.monotonic()
        if seconds is not None:
            seconds -= now - (self._began or now)
            meta = {**meta, "deadline_ms": max(int(seconds * 1000), 1)}
        if meta:
            asked["meta"] = meta
        payload = short(asked).encode("utf-8", "surrogatepass")
        if len(payload) > frame.MAX_TO_SERVER:
            raise SutraError(errors.INVALID, f"the arguments take {len(payload)} bytes, more than one call can carry")
        self._began = 0
        self._called = self._deadline = None if seconds is None else now + seconds + _GRACE
        self._send(frame.pack(frame.CALL, opcode, self._calls, payload))
        return self._calls

    def _answer(self, call: int) -> tuple[int, bytes]:
        self.welcome()
        while True:
            kind, _, of, payload = self._frame()
            if kind == frame.PING:
                self._send(frame.pack(frame.PONG, 0, of))
            elif kind == frame.GOAWAY:
                raise self._refusal(payload, _GOODBYE)
            elif kind in (frame.REPLY, frame.ERROR, frame.ITEM, frame.END):
                if of == call:
                    if kind == frame.ERROR:
                        raise self._refusal(payload, "")
                    return kind, payload
                if not 0 < of < call:
                    raise self._broken(f"{frame.KIND_NAMES[kind]} of a call that was never made")
            elif kind != frame.PONG:
                raise self._broken(f"{frame.KIND_NAMES[kind]} after the handshake")

    def _greeted(self) -> dict[str, Json]:
        kind, _, _, payload = self._frame()
        if kind in (frame.ERROR, frame.GOAWAY):
            raise self._refusal(payload, "refused the connection: ")
        if kind != frame.WELCOME:
            raise self._broken(f"{frame.KIND_NAMES[kind]} instead of WELCOME")
        self._limit = frame.MAX_TO_CLIENT
        welcome = read_object(payload, f"{self.name} broke the protocol: its WELCOME", errors.UNAVAILABLE)
        for name, wanted in _WELCOME.items():
            if not isinstance(welcome.get(name), wanted):
                raise self._broken(f"a WELCOME without its {name}")
        return welcome

    def _refusal(self, payload: bytes, what: str) -> SutraError:
        try:
            refused = read_object(payload, "refusal")
        except SutraError:
            return self._broken("an error that is not JSON")
        code, message, hint = (text if isinstance(text := refused.get(name), str) else "" for name in ("code", "message", "hint"))
        message = message or f"{self.name} gave no reason"
        if what is _GOODBYE and code == errors.UNAVAILABLE:
            hint = "start the command again when it is back"  # the service's own is for those who reconnect
        return SutraError(code or errors.FAILED, f"{self.name} {what}{message}" if what else message, hint)

    def _broken(self, what: str) -> SutraError:
        """The service broke the protocol: nothing more can be said over this connection."""
        self.close()
        return SutraError(errors.UNAVAILABLE, f"{self.name} broke the protocol: {what}", "is it a service of avyctl's? " + _INFO)

    def _frame(self) -> tuple[int, int, int, bytes]:
        size, kind, flags, opcode, call = frame.HEADER.unpack(self._exactly(frame.HEADER_SIZE))
        if size > self._limit or flags or not 0 < kind <= frame.GOAWAY:
            raise self._broken(frame.refusal(size, kind, flags, self._limit))
        return kind, opcode, call, self._exactly(size)

    def _exactly(self, count: int) -> bytes:
        held = self._held
        while len(held) < count:
            held += self._receive()
        data = bytes(held[:count])
        del held[:count]
        return data

    def _receive(self) -> bytes:
        while True:
            self._socket.settimeout(self._patience())
            try:
                data = self._socket.recv(65536)
            except TimeoutError:
                continue
            except OSError as error:
                raise SutraError(errors.UNAVAILABLE, f"{self.name}: {error.strerror or error}", _INFO) from None
            if not data:
                raise SutraError(errors.UNAVAILABLE, f"{self.name} is gone: it closed the connection before it had answered", _INFO)
            self._heard = time.monotonic()
            return data

    def _patience(self) -> float:
        """Seconds to wait for input now; sends PING when it is time. Raises SutraError when there is nothing left to wait for."""
        now = time.monotonic()
        if self._deadline is not None:
            if now < self._deadline:
                return self._deadline - now
            if self._limit == frame.MAX_HANDSHAKE and (self._called is None or now < self._called):
                raise SutraError(errors.UNAVAILABLE, f"{self.name} does not answer: no WELCOME within {self._seconds:g} s", _INFO)
            raise late(self.name)
        silence = now - self._heard
        if silence >= DEAD_SECONDS:
            raise SutraError(errors.UNAVAILABLE, f"{self.name} has been silent for {DEAD_SECONDS:.0f} s", _INFO)
        if silence < PING_SECONDS:
            return PING_SECONDS - silence
        self._send(frame.pack(frame.PING, 0, 0))
        return min(PING_SECONDS, DEAD_SECONDS - silence)

    def _send(self, data: bytes) -> None:
        """HELLO goes with the first frame: the service reads them in order, and a round trip is saved."""
        data, self._hello = self._hello + data, b""
        try:
            rest = self._seconds if self._deadline is None else self._deadline - time.monotonic()
            self._socket.settimeout(max(min(rest, self._seconds), 0.001))
            self._socket.sendall(data)
        except BrokenPipeError:
            return  # it has closed; what it said last is still to be read
        except OSError as error:
            if self._called is not None and time.monotonic() >= self._called:
                raise late(self.name) from None
            why = "does not read what it is sent" if isinstance(error, TimeoutError) else error.strerror or str(error)
            raise SutraError(errors.UNAVAILABLE, f"{self.name}: {why}", _INFO) from None


def joined(fd: int, name: str, service: str, fingerprint: str = "", began: float = 0) -> Client:
    """A client over a socket that is connected already, as with an embedded service; it closes the descriptor."""
    sock = socket(AF_UNIX, SOCK_STREAM, 0, fd)
    try:
        return Client(sock, name, service, fingerprint, began=began)
    except BaseException:
        sock.close()
        raise
