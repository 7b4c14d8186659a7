"""Which cells changed lately."""

from sutra_client.events import Key

SECONDS = 1.0
"""How long a change is marked."""

CellAt = tuple[Key, int]
"""A row and a column's index."""


class Heat:
    """A container of the cells that are marked now."""

    def __init__(self) -> None:
        self._since: dict[CellAt, float] = {}

    def __contains__(self, cell: object) -> bool:
        return cell in self._since

    def __len__(self) -> int:
        return len(self._since)

    def touch(self, cell: CellAt, now: float) -> None:
        self._since[cell] = now

    def cool(self, now: float) -> list[CellAt]:
        """Take out, and return, the cells that were marked long enough."""
        cold = [cell for cell, since in self._since.items() if now - since >= SECONDS * 0.9]
        for cell in cold:
            del self._since[cell]
        return cold

    def clear(self) -> None:
        self._since.clear()
