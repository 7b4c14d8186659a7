"""Cuts rows into events that fit an ITEM."""

from collections.abc import Callable
from typing import Any

PART = 256 << 10
"""Bytes of one ITEM at most, unless a single row is longer."""


def split(rows: list[Any], encode: Callable[[list[Any], bool], bytes], last: bool = True) -> list[tuple[bytes, int]]:
    """Encoded events and how many rows are in each; `encode` gets some rows and whether they are the last ones."""
    whole = encode(rows, last)
    if len(whole) <= PART or len(rows) < 2:
        return [(whole, len(rows))]
    size = min(max(1, len(rows) * PART // (len(whole) + len(whole) // 8)), len(rows) - 1)
    encoded: list[tuple[bytes, int]] = []
    for start in range(0, len(rows), size):
        encoded += split(rows[start : start + size], encode, last and start + size >= len(rows))
    return encoded


def events_of(rows: list[Any], encode: Callable[[list[Any], bool], bytes]) -> list[bytes]:
    """The events alone."""
    return [event for event, _ in split(rows, encode)]
