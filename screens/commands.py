"""What the command line of a screen needs: something that runs and completes the words of one-shots."""

from collections.abc import Callable
from typing import Protocol


class Commands(Protocol):
    """As after `avyctl --exec`."""

    async def run(self, line: str, say: Callable[[list[str]], None]) -> int:
        """The exit code; `say` gets what it prints, lines at a time. Cancelling it stops the command."""

    async def complete(self, words: list[str]) -> list[str]:
        """What could stand where the last word does."""
