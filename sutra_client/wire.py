"""What travels in frames besides the schema's own types, and the two encodings of it.

Between programs of ours payloads are msgpack of `array_like` Structs. A peer that asks for JSON in HELLO gets objects with field
names: the same values, converted to twin types without `array_like` (json_form.py).
"""

from collections.abc import Callable
from typing import Generic, TypeVar

import msgspec

from sutra_client.errors import SutraError
from sutra_client.json_form import BytesText, twin

A = TypeVar("A")

PROTOCOL = 2


class Hello(msgspec.Struct, frozen=True):
    """The client's first frame, always JSON."""

    protocol: int
    service: str
    client: str = ""
    version: str = ""
    fingerprint: str = ""
    encoding: str = "msgpack"


class Peer(msgspec.Struct, frozen=True):
    """Who the kernel says is at the other end, as the server sees it."""

    uid: int
    user: str = ""
    roles: list[str] = []


class Limits(msgspec.Struct, frozen=True):
    """What the server lets one connection do: calls in flight, and payload bytes of one frame to it."""

    calls: int = 256
    payload: int = 1 << 20


class Welcome(msgspec.Struct, frozen=True):
    """The server's answer to HELLO, always JSON."""

    version: str
    fingerprint: str
    peer: Peer
    limits: Limits = Limits()


class Meta(msgspec.Struct, frozen=True, array_like=True, gc=False):
    """What goes with a call beside its arguments; sutra.md section 5 gives the meaning of the change fields."""

    deadline_ms: int | None = None
    dry_run: bool = False
    confirm_within_ms: int | None = None
    fingerprint: str | None = None
    key: str | None = None
    reason: str | None = None
    credit: int | None = None


class MetaText(Meta, frozen=True, array_like=False, gc=False):
    """Meta as a JSON peer writes it."""


NO_META = Meta()
DEFAULT_CREDIT = 16


class Refusal(msgspec.Struct, frozen=True, array_like=True, gc=False):
    """An ERROR or GOAWAY payload."""

    code: str
    message: str
    hint: str = ""
    detail: dict[str, str] = {}

    def error(self) -> SutraError:
        return SutraError(self.code, self.message, self.hint, self.detail)


class RefusalText(Refusal, frozen=True, array_like=False, gc=False):
    """The same before WELCOME, and to a JSON peer."""


def refusal(error: SutraError) -> Refusal:
    return Refusal(error.code, error.message, error.hint, error.detail)


class Asked(msgspec.Struct, Generic[A], frozen=True, array_like=True, gc=False):
    """A CALL payload."""

    meta: Meta | None
    args: A


class AskedText(msgspec.Struct, Generic[A], frozen=True):
    """A CALL payload as a JSON peer writes it."""

    args: A
    meta: MetaText | None = None


Encode = Callable[[object], bytes]
Decode = Callable[[bytes], A]

_pack = msgspec.msgpack.Encoder().encode
_text = msgspec.json.Encoder(enc_hook=BytesText.write).encode


class Encoding:
    """One of the two encodings; encoders and decoders are made once for each type."""

    name: str

    def encoder(self, kind: object) -> Encode:
        """An encoder of values of the type `kind`, to be kept."""
        raise LookupError(kind)

    def asked(self, args: type[A]) -> Callable[[bytes], Asked[A]]:
        """A decoder of CALL payloads with arguments of this type, to be kept; raises msgspec.DecodeError or OverflowError."""
        raise LookupError(args)

    def item(self, revision: int, event: bytes) -> bytes:
        """An ITEM payload around an encoded event, so that the event is encoded once for all subscribers."""
        raise LookupError(event)


class _Msgpack(Encoding):
    name = "msgpack"

    def encoder(self, kind: object) -> Encode:
        return _pack

    def asked(self, args: type[A]) -> Callable[[bytes], Asked[A]]:
        return msgspec.msgpack.Decoder(Asked[args]).decode  # type: ignore[valid-type]

    def item(self, revision: int, event: bytes) -> bytes:
        return b"\x92\xce" + revision.to_bytes(4, "big") + event


class _Json(Encoding):
    name = "json"

    def encoder(self, kind: object) -> Encode:
        form = twin(kind)
        if form is kind:
            return _text
        return lambda value: _text(msgspec.convert(value, form, from_attributes=True, dec_hook=BytesText.read))

    def asked(self, args: type[A]) -> Callable[[bytes], Asked[A]]:
        form = AskedText[twin(args)]  # type: ignore[misc,valid-type]
        decode = msgspec.json.Decoder(form, dec_hook=BytesText.read).decode

        def asked(payload: bytes) -> Asked[A]:
            text = decode(payload)
            _pack(text.meta)  # OverflowError: JSON has longer integers than any type of the schema
            _pack(text.args)
            return Asked(text.meta, msgspec.convert(text.args, args, from_attributes=True))

        return asked

    def item(self, revision: int, event: bytes) -> bytes:
        return b'{"revision":%d,"event":%b}' % (revision, event)


MSGPACK: Encoding = _Msgpack()
JSON: Encoding = _Json()
ENCODINGS = {"msgpack": MSGPACK, "json": JSON}
