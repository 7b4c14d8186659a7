"""The samples that are kept: one a second for an hour and one a minute for a day, in memory of a fixed bound.

Samples are kept encoded, about 570 bytes each: a board with 4 cores, 2 disks, 3 links, 4
sensors and a fan fills the ring with 4.2 MiB (tracemalloc, 5,040 samples); LIMIT holds whatever the number of devices.
"""

from collections import deque
from typing import Any, TypeVar

import msgspec

from sutra_client.gen.system import Sample

S = TypeVar("S", bound=msgspec.Struct)

SECONDS = 3600
MINUTES = 1440
MINUTE = 60_000_000
LIMIT = 4 << 20
"""Bytes of encoded samples that are kept; with very many devices the oldest go sooner, and history still fits one frame."""


class Ring:
    """Samples go in by growing boottime and come out oldest first."""

    def __init__(self, limit: int = LIMIT) -> None:
        self._encode = msgspec.msgpack.Encoder().encode
        self._decode = msgspec.msgpack.Decoder(Sample).decode
        self._seconds = Shelf(SECONDS, limit * 5 // 7)
        self._minutes = Shelf(MINUTES, limit * 2 // 7)
        self._minute: list[Sample] = []

    def __len__(self) -> int:
        return len(self._seconds.kept) + len(self._minutes.kept)

    @property
    def size(self) -> int:
        """Bytes of what is kept, as encoded."""
        return self._seconds.size + self._minutes.size

    def add(self, sample: Sample) -> None:
        if self._minute and sample.boottime // MINUTE != self._minute[0].boottime // MINUTE:
            row = mean(self._minute)
            self._minutes.add(row.boottime, self._encode(row))
            self._minute.clear()
        self._minute.append(sample)
        self._seconds.add(sample.boottime, self._encode(sample))

    def since(self, boottime: int) -> list[Sample]:
        """Minutes for the time before the first second that is kept, then seconds."""
        first = self._seconds.kept[0][0] if self._seconds.kept else None
        rows = [row for at, row in self._minutes.kept if at >= boottime and (first is None or at < first)]
        rows += [row for at, row in self._seconds.kept if at >= boottime]
        return [self._decode(row) for row in rows]


class Shelf:
    """Encoded samples with their boottime, bounded in number and bytes."""

    def __init__(self, most: int, limit: int) -> None:
        self.kept: deque[tuple[int, bytes]] = deque()
        self.size = 0
        self._most = most
        self._limit = limit

    def add(self, boottime: int, row: bytes) -> None:
        self.kept.append((boottime, row))
        self.size += len(row)
        while len(self.kept) > self._most or (self.size > self._limit and len(self.kept) > 1):
            self.size -= len(self.kept.popleft()[1])


def mean(samples: list[Sample]) -> Sample:
    """One sample for a minute: means of what was measured, the last one's time and names, and any flag that was ever true."""
    last = samples[-1]
    return msgspec.structs.replace(_mean(samples), boottime=last.boottime, time=last.time)


def _mean(rows: list[S]) -> S:
    return msgspec.structs.replace(rows[-1], **{name: _joined([getattr(row, name) for row in rows]) for name in rows[-1].__struct_fields__})


def _joined(values: list[Any]) -> Any:
    """Of one field through time. What was absent at times is the mean of when it was there."""
    known = [value for value in values if value is not None]
    if not known:
        return None
    match known[-1]:
        case bool():
            return any(known)
        case int():
            return round(sum(known) / len(known))
        case float():
            return round(sum(known) / len(known), 2)
        case list():
            return _lists(known)
        case other:
            return other


def _lists(values: list[list[Any]]) -> list[Any]:
    """Devices by their name, cores by their place; those of the last sample alone."""
    last = values[-1]
    if not last or isinstance(last[0], float):
        return [_joined(list(column)) for column in zip(*(row for row in values if len(row) == len(last)), strict=True)]
    through: dict[tuple[str, str], list[Any]] = {_name(device): [] for device in last}
    for row in values:
        for device in row:
            if _name(device) in through:
                through[_name(device)].append(device)
    return [_mean(devices) for devices in through.values()]


def _name(device: Any) -> tuple[str, str]:
    return device.name, getattr(device, "label", "")
