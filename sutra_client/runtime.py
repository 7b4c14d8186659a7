"""What generated bindings are made of: enums that survive unknown values, and descriptions of calls and streams."""

import enum
from collections.abc import AsyncIterator
from typing import Generic, Protocol, TypeVar

import msgspec

from sutra_client import events

A = TypeVar("A", bound=msgspec.Struct)
R = TypeVar("R")
D = TypeVar("D")
A_co = TypeVar("A_co", bound=msgspec.Struct, covariant=True)
R_co = TypeVar("R_co", covariant=True)
D_co = TypeVar("D_co", covariant=True)


class Enum(str, enum.Enum):
    """A schema's enum. A value that a newer peer sent decodes to a member named `Unknown` that keeps the text."""

    @classmethod
    def _missing_(cls, value: object) -> "Enum | None":
        if not isinstance(value, str):
            return None
        member = str.__new__(cls, value)
        member._name_ = "Unknown"
        member._value_ = value
        return member

    def __str__(self) -> str:
        return str(self.value)


class Call(msgspec.Struct, Generic[A_co, R_co], frozen=True):
    """One method of a service: its opcode and the types that its arguments and its answer are decoded into."""

    opcode: int
    name: str
    args: type[A_co]
    out: object
    role: str = "reader"
    changes: bool = False
    sees: str = "all"


class Stream(msgspec.Struct, Generic[A_co, R_co], frozen=True):
    """One stream of a service. `kind` is table, samples, log, operation or upload; `result` the type of an operation's end."""

    opcode: int
    name: str
    kind: str
    args: type[A_co]
    row: object
    key: tuple[str, ...] = ()
    result: object = None
    role: str = "reader"
    sees: str = "all"


class OperationStream(Stream[A_co, R_co], Generic[A_co, R_co, D_co], frozen=True):
    """A stream of kind operation, whose `result` is the type D."""


class Service(msgspec.Struct, frozen=True):
    """A schema as both ends hold it. `calls` and `streams` name attributes of the Protocol that a backend implements.

    `sees` has, of each type with fields that are not for everyone, who may see which: own or group:<name>.
    """

    id: str
    noun: str
    fingerprint: str
    schema: str
    calls: tuple[Call[msgspec.Struct, object], ...]
    streams: tuple[Stream[msgspec.Struct, object], ...]
    sees: dict[type[msgspec.Struct], dict[str, str]] = {}


class NoArgs(msgspec.Struct, frozen=True, array_like=True, gc=False):
    """The arguments of what takes none."""


class TableArgs(msgspec.Struct, frozen=True, array_like=True, gc=False):
    """The arguments of a table stream that declares none of its own."""

    where: events.Where = []
    fields: list[str] = []


class SamplesArgs(msgspec.Struct, frozen=True, array_like=True, gc=False):
    """The arguments of a samples stream that declares none of its own; `since` is microseconds of history to begin with."""

    since: int | None = None


class Connection(Protocol):
    """What a generated client needs of a connection (sutra_client/connection.py has the real one)."""

    async def call(self, call: Call[A, R], args: A, /) -> R:
        """Raises SutraError."""

    def table(self, stream: Stream[A, R], args: A, /) -> AsyncIterator[events.TableEvent[R]]:
        """A Snapshot first, again after each reconnect; ends or raises SutraError when the service ends the stream."""

    def samples(self, stream: Stream[A, R], args: A, /) -> AsyncIterator[events.SamplesEvent[R]]: ...

    def log(self, stream: Stream[A, R], args: A, /) -> AsyncIterator[events.LogEvent[R]]: ...

    def operation(self, stream: OperationStream[A, R, D], args: A, /) -> AsyncIterator[events.OperationEvent[R, D]]: ...
