"""What a reader of logs asks for, checked once, and the test of a record against it."""

from typing import NamedTuple

from sutra_client import errors
from sutra_client.errors import SutraError
from sutra_client.gen.logs import Priority, Record

MOST_LINES = 10_000
MOST_MESSAGE = 16_384
"""Characters of a message that are handed on."""
MOST_ANSWER = 4 << 20
"""Characters of all messages of one answer: the frame that holds it is 16 MiB at most."""
MOST_TEXT = 4096
RANK = {priority: rank for rank, priority in enumerate(Priority)}
"""The number that syslog has for each."""


class Query(NamedTuple):
    """None is no condition."""

    lines: int = 200
    priority: Priority | None = None
    unit: str | None = None
    since: int | None = None
    until: int | None = None
    text: str | None = None
    boot: str | None = None
    kernel: bool = False
    """The kernel's records alone."""

    def check(self) -> "Query":
        """Itself; raises SutraError INVALID."""
        if self.lines > MOST_LINES:
            raise SutraError(errors.INVALID, f"lines: {self.lines} is too many", f"at most {MOST_LINES}; narrow the time instead")
        if self.priority is not None and self.priority not in RANK:
            raise SutraError(errors.INVALID, f"priority: {self.priority} is none", "one of " + " ".join(RANK))
        for name, value in (("unit", self.unit), ("text", self.text)):
            if value is not None and not 0 < len(value) <= MOST_TEXT:
                raise SutraError(errors.INVALID, f"{name}: it has {len(value)} characters", f"1 to {MOST_TEXT}")
        boot = self.boot.replace("-", "") if self.boot is not None else None
        if boot is not None and (len(boot) != 32 or boot.strip("0123456789abcdef")):
            raise SutraError(
                errors.INVALID, f"boot: {self.boot} is no id of a boot", "32 hexadecimal digits, as a record's field `boot` has"
            )
        return self._replace(boot=boot)

    def fits(self, record: Record) -> bool:
        """For sources that cannot select by themselves; what a record does not tell meets no condition."""
        return (
            (self.priority is None or (record.priority in RANK and RANK[record.priority] <= RANK[self.priority]))
            and (self.unit is None or self.unit.removesuffix(".service") in (record.identifier, record.unit))
            and (self.since is None or (record.time is not None and record.time >= self.since))
            and (self.until is None or (record.time is not None and record.time <= self.until))
            and (self.text is None or (record.message is not None and self.text.casefold() in record.message.casefold()))
            and (self.boot is None or record.boot == self.boot)
            and (not self.kernel or record.identifier == "kernel")
        )


def bounded(records: list[Record], lines: int) -> list[Record]:
    """The newest that an answer can hold."""
    room = MOST_ANSWER
    kept: list[Record] = []
    for record in reversed(records[-lines:] if lines else []):
        room -= len(record.message or "") + sum(map(len, record.fields.values()))
        if room < 0:
            break
        kept.append(record)
    return kept[::-1]


def cut(text: str) -> str:
    """A message as long as it may be, with a mark where it was longer."""
    return text if len(text) <= MOST_MESSAGE else text[: MOST_MESSAGE - 1] + "…"
