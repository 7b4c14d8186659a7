"""The mark of methods that answer from memory."""

from typing import TypeVar

M = TypeVar("M")


def instant(method: M) -> M:
    """Marks a method that never waits: it is answered where it is read, without a task of its own, at 2.5 times the rate."""
    vars(method)["instant"] = True
    return method
