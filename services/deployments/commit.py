"""What OSTree's repository says of a commit: its version, time and subject, and whether it is signed. Read from the objects themselves."""

from typing import Any, NamedTuple

from services.core.gvariant import decode, lookup
from services.core.tree import Tree
from sutra_client.gen.deployments import Signature

COMMIT = "(a{sv}aya(say)sstayay)"


class Commit(NamedTuple):
    """What is not there or cannot be read is None."""

    version: str | None = None
    made: int | None = None
    """Unix microseconds."""
    subject: str | None = None
    signature: Signature | None = None


def read(tree: Tree, repository: str, checksum: str) -> Commit:
    """Of 64 hexadecimal digits."""
    place = f"{repository}/objects/{checksum[:2]}/{checksum[2:]}"
    data = tree.read(f"{place}.commit")
    if data is None:
        return Commit()
    try:
        metadata, _, _, subject, _, time, _, _ = decode(COMMIT, data)
    except ValueError:
        tree.garbage(f"{place}.commit", f"the time of {checksum[:12]}")
        return Commit()
    # OSTree keeps the time big-endian, whatever the rest is.
    seconds = int.from_bytes(time.to_bytes(8, "little"), "big")
    made = seconds * 1_000_000 if 0 < seconds < 1 << 40 else None
    return Commit(lookup(metadata, "version", "s"), made, subject or None, _signature(tree, place))


def _signature(tree: Tree, place: str) -> Signature | None:
    if not tree.exists(f"{place}.commitmeta"):
        return Signature.UNSIGNED
    data = tree.read(f"{place}.commitmeta")
    if data is None:
        return None
    try:
        entries: dict[str, Any] = decode("a{sv}", data)
    except ValueError:
        return None
    signed = any(name == "ostree.gpgsigs" or name.startswith("ostree.sign.") for name in entries)
    return Signature.SIGNED if signed else Signature.UNSIGNED
