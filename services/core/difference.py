"""What changed between two readings of a table."""

from collections.abc import Mapping
from typing import TypeVar

from sutra_client import events

T = TypeVar("T")


def difference(before: Mapping[events.Key, T], after: Mapping[events.Key, T]) -> list[events.TableEvent[T]]:
    """What a reader that has `before` must be told to have `after`."""
    told: list[events.TableEvent[T]] = []
    changed = [row for key, row in after.items() if before.get(key) != row]
    removed = [key for key in before if key not in after]
    if changed:
        told.append(events.Changed(changed))
    if removed:
        told.append(events.Removed(removed))
    return told
