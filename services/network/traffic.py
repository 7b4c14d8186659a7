"""What links carried: /proc/net/dev, and the difference of two readings of it."""

from collections.abc import Mapping
from typing import NamedTuple

from services.core.tree import Tree, shown
from sutra_client.gen.network import Traffic


class Count(NamedTuple):
    """Of one link since it was made."""

    rx: int
    tx: int
    rx_packets: int
    tx_packets: int
    errors: int
    drops: int


class Counts(NamedTuple):
    """Of all links at one moment."""

    boottime: int
    """Microseconds."""
    links: Mapping[str, Count]


def read_counts(tree: Tree, boottime: int) -> Counts:
    """Of the network namespace of this process; links are not there when the file cannot be read."""
    text = tree.read(f"{tree.proc}/self/net/dev", "what links carry")
    return Counts(boottime, parse_dev(text or b""))


def parse_dev(text: bytes) -> dict[str, Count]:
    """proc_pid_net(5): names hold no colon, and after it come eight columns received and eight sent."""
    found: dict[str, Count] = {}
    for line in text.split(b"\n")[2:]:
        name, _, rest = line.partition(b":")
        columns = rest.split()
        if len(columns) < 16 or not all(column.isdigit() for column in columns[:16]):
            continue
        number = [int(column) for column in columns]
        found[shown(name.strip())] = Count(number[0], number[8], number[1], number[9], number[2] + number[10], number[3] + number[11])
    return found


def rates(before: Counts | None, now: Counts) -> list[Traffic]:
    """Nil for a link without a baseline, or one that counts anew."""
    seconds = (now.boottime - before.boottime) / 1e6 if before is not None else 0.0
    rows = []
    for name, count in now.links.items():
        old = before.links.get(name) if before is not None else None
        if old is None or seconds <= 0 or any(new < past for new, past in zip(count, old, strict=True)):
            rows.append(Traffic(name))
            continue
        rx, tx, rx_packets, tx_packets, errors, drops = ((new - past) / seconds for new, past in zip(count, old, strict=True))
        rows.append(Traffic(name, round(rx), round(tx), rx_packets, tx_packets, errors, drops))
    return rows
