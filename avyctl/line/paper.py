"""What line mode writes on: lines of printable text that follow each other, and nothing else ever."""

from collections.abc import Callable, Sequence

from sutra_client.errors import SutraError
from sutra_client.glyphs import twin
from sutra_client.text import display, escape

Size = tuple[int, int]
"""Columns and rows, each 0 where there is no limit."""


class Paper:
    """`write` writes at once, and what it raises is the end; `size` is asked before each page."""

    def __init__(self, write: Callable[[str], object], *, utf8: bool = True, size: Callable[[], Size] = lambda: (0, 0)) -> None:
        self._write = write
        self._utf8 = utf8
        self._size = size
        self._rest: list[str] = []

    @property
    def room(self) -> int:
        """Columns of the terminal; 0 where nothing may be cut."""
        return self._size()[0]

    @property
    def waiting(self) -> bool:
        """Whether a page is yet to be turned."""
        return bool(self._rest)

    def say(self, *lines: str) -> None:
        """All of it."""
        self._write("".join(self._plain(line) + "\n" for line in lines))

    def pages(self, lines: Sequence[str]) -> None:
        """The first page of it; turn() goes on. What was left of something else is dropped."""
        self._rest = list(lines)
        self.turn()

    def turn(self) -> None:
        """The next page, on which there is room for the prompt and for a line that says how many more lines there are."""
        rows = self._size()[1]
        most = max(rows - 2, 1) if 0 < rows < len(self._rest) + 1 else len(self._rest)
        page, self._rest = self._rest[:most], self._rest[most:]
        self.say(*page)
        if self._rest:
            self.say(f"{len(self._rest)} more lines: Enter or next")

    def drop(self) -> None:
        """What is left is not wanted any more."""
        self._rest = []

    def error(self, error: SutraError) -> None:
        """What went wrong, on a line of its own so that none of a service's passes for it, and what to do."""
        self.say(f"error: {error.message}", *(line for line in error.hint.split("\n") if line))

    def prompt(self, words: str) -> None:
        self._write(f"{words}> ")

    def end_line(self) -> None:
        """Where what was typed is not seen, or no newline was."""
        self._write("\n")

    def _plain(self, line: str) -> str:
        shown = display(line, 0)
        if self._utf8:
            return shown
        return "".join(char if char.isascii() else escape(char) for char in twin(shown))
