"""What a stream yields, on both ends: a backend produces these events, a generated client hands them on."""

from typing import Generic, TypeVar

import msgspec

T = TypeVar("T")
R = TypeVar("R")

Key = tuple[str | int, ...]
"""The values of a row's key fields, in the schema's order."""

Scalar = str | int | float | bool | None
Where = list[tuple[str, str, Scalar]]
"""[field, op, value] terms that must all hold; op is one of = != < <= > >= contains glob."""

NO_WHERE: Where = []
"""Every row."""

NO_FIELDS: list[str] = []
"""No optional field."""


class Snapshot(msgspec.Struct, Generic[T], frozen=True, array_like=True, tag="snapshot", gc=False):
    """All rows; replaces whatever was there. A long one comes in parts, complete when `more` is false."""

    rows: list[T]
    more: bool = False


class Changed(msgspec.Struct, Generic[T], frozen=True, array_like=True, tag="changed", gc=False):
    """Rows that are new or different, whole."""

    rows: list[T]


class Removed(msgspec.Struct, frozen=True, array_like=True, tag="removed", gc=False):
    """Keys of rows that are gone."""

    keys: list[Key]


class Samples(msgspec.Struct, Generic[T], frozen=True, array_like=True, tag="samples", gc=False):
    """Measurements, oldest first: the history that was asked for, then one at a time."""

    rows: list[T]


class Records(msgspec.Struct, Generic[T], frozen=True, array_like=True, tag="records", gc=False):
    """Log records in order."""

    rows: list[T]


class Lost(msgspec.Struct, frozen=True, array_like=True, tag="lost", gc=False):
    """This many log records were dropped here because the reader was slower than the log."""

    count: int


class Progress(msgspec.Struct, Generic[T], frozen=True, array_like=True, tag="progress", gc=False):
    """Where an operation stands; the newest one counts."""

    state: T


class Done(msgspec.Struct, Generic[R], frozen=True, array_like=True, tag="done", gc=False):
    """An operation's result; nothing follows."""

    result: R


class Stale(msgspec.Struct, frozen=True, tag="stale"):
    """The connection is down since `since` (unix microseconds); what was shown is old until the next Snapshot.

    Made by the client alone, never on the wire.
    """

    reason: str
    since: int


class Unknown(msgspec.Struct, frozen=True):
    """An event of a kind that this client's schema does not have; counted and passed over by screens."""

    tag: str


TableEvent = Snapshot[T] | Changed[T] | Removed | Stale | Unknown
SamplesEvent = Samples[T] | Stale | Unknown
LogEvent = Records[T] | Lost | Stale | Unknown
OperationEvent = Progress[T] | Done[R] | Stale | Unknown
