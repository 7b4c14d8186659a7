"""What the backends have in common whose rows stand in files: read as a whole beside the loop, live by inotify, sizes in the background."""

from collections.abc import AsyncGenerator, Callable, Iterable, Mapping
from contextlib import aclosing
from typing import Generic, NamedTuple, TypeVar

import msgspec
from msgspec.structs import replace

from services.core.live import Live
from services.core.reader import Reader
from services.core.sizes import Sizes
from sutra_client import events
from sutra_client.gen.core import Finding

T = TypeVar("T", bound=msgspec.Struct)


class Found(NamedTuple, Generic[T]):
    """What one reading found. A NamedTuple, so that two of them can be compared."""

    rows: dict[events.Key, T]
    """In the order in which they are listed."""
    findings: dict[events.Key, Finding]
    unseen: list[str]
    watched: Mapping[str, int]
    """Path -> inotify mask: what tells that this may be different."""
    trees: dict[events.Key, str]
    """Where the folder of each row is for this process."""
    busy: str | None = None
    """Who changes it at this moment."""


def of_findings(found: Iterable[Finding]) -> dict[events.Key, Finding]:
    """As a table stream has them."""
    return {(finding.id,): finding for finding in found}


class FileTables(Generic[T]):
    """A table of rows with an optional field `size`, and its findings. `read` may sleep in a file system, and asks no program."""

    def __init__(self, subject: str, read: Callable[[], Found[T]], period: float | None = None) -> None:
        self._reader = Reader(subject, read)
        self._live: Live[Found[T]] = Live(self._now, lambda found: found.watched, period)
        self._sizes = Sizes(f"sizes of {subject}", self._live.bell)
        self._unseen: list[str] = []

    @property
    def unseen(self) -> list[str]:
        """What this user cannot see here, as far as it was tried yet."""
        return [*self._unseen, self._live.unwatched] if self._live.unwatched else self._unseen

    async def start(self, keep: bool = False) -> None:
        """Nothing is read before somebody asks."""

    async def stop(self) -> None:
        """No task, thread or watch is left."""
        await self._live.stop()
        await self._sizes.stop()
        await self._reader.close()

    async def findings(
        self, where: events.Where = events.NO_WHERE, fields: list[str] = events.NO_FIELDS
    ) -> AsyncGenerator[events.TableEvent[Finding], None]:
        """`where` is the server's business; no field is optional."""
        async with aclosing(self._live.rows(lambda found: found.findings)) as stream:
            async for event in stream:
                yield event

    async def _rows(self, fields: list[str]) -> AsyncGenerator[events.TableEvent[T], None]:
        """Sizes come later than the rows, one after the other."""
        sized = "size" in fields
        async with self._sizes.wanted(sized), aclosing(self._live.rows(self._sized if sized else lambda found: found.rows)) as stream:
            async for event in stream:
                yield event

    async def _now(self) -> Found[T]:
        found = await self._reader()
        self._unseen = found.unseen
        return found

    def _sized(self, found: Found[T]) -> dict[events.Key, T]:
        self._sizes.want(found.trees.values())
        known = self._sizes.known
        return {key: replace(row, size=known.get(found.trees.get(key, ""))) for key, row in found.rows.items()}
