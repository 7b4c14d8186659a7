"""The rows of a table stream, kept up by its events; for whoever shows them elsewhere than in a table."""

from typing import Any, Generic, TypeVar

from sutra_client.events import Changed, Key, Removed, Snapshot

T = TypeVar("T")


class Kept(Generic[T]):
    """`key` names the fields that identify a row, as the schema has them."""

    def __init__(self, *key: str) -> None:
        self.rows: dict[Key, T] = {}
        self.complete = False
        """Whether a whole snapshot has come."""
        self._key = key
        self._part: dict[Key, T] = {}

    def take(self, event: Any) -> bool:
        """One event of the stream; False for what are no rows to show yet, the parts of a snapshot before its last."""
        match event:
            case Snapshot(rows=rows, more=more):
                self._part.update(self._identified(rows))
                if more:
                    return False
                self.rows, self._part, self.complete = self._part, {}, True
            case Changed(rows=rows):
                self.rows.update(self._identified(rows))
            case Removed(keys=keys):
                for key in keys:
                    self.rows.pop(key, None)
        return True

    def begin(self) -> None:
        """Another stream follows: what had come of an unfinished snapshot is none of its rows."""
        self._part = {}

    def _identified(self, rows: list[T]) -> dict[Key, T]:
        return {tuple([getattr(row, name) for name in self._key]): row for row in rows}
