"""How much space trees take, measured in the background, one after the other, for as long as somebody wants to know."""

import asyncio
import os
import threading
import time
from collections.abc import AsyncIterator, Iterable
from contextlib import asynccontextmanager
from functools import partial

from services.core.aside import Aside
from services.core.bell import Bell

MOST_ENTRIES = 5_000_000
SECONDS = 300.0


class Sizes:
    """`known` holds bytes by path, None where they cannot be told. The bell is rung at each new one."""

    def __init__(self, name: str, bell: Bell) -> None:
        self.known: dict[str, int | None] = {}
        self._name = name
        self._bell = bell
        self._wanted: list[str] = []
        self._readers = 0
        self._work: _Work | None = None

    @asynccontextmanager
    async def wanted(self, yes: bool) -> AsyncIterator[None]:
        """Within it sizes are measured; what was measured is forgotten when nobody is left. `yes` of False does nothing."""
        self._readers += yes
        try:
            yield
        finally:
            self._readers -= yes
            if yes and not self._readers:
                self.known.clear()
                await self.stop()

    def want(self, paths: Iterable[str]) -> None:
        """Measures those that are not known yet, in this order; those asked for earlier and not here are given up."""
        self._wanted = [path for path in paths if path not in self.known]
        if self._wanted and self._work is None and self._readers:
            self._work = _Work(self._name, self)

    async def stop(self) -> None:
        """No thread is left but one that hangs in the kernel."""
        work, self._work = self._work, None
        self._wanted = []
        if work is not None:
            await work.stop()

    def next(self) -> str | None:
        """What to measure now."""
        return self._wanted[0] if self._wanted else None

    def found(self, path: str, size: int | None) -> None:
        """Of the path that next() gave."""
        self.known[path] = size
        self._wanted = [other for other in self._wanted if other != path]
        self._bell.ring()

    def finished(self) -> None:
        """Nothing is left to do; want() begins anew."""
        self._work = None


class _Work:
    """One task with its thread."""

    def __init__(self, name: str, sizes: Sizes) -> None:
        self._sizes = sizes
        self._cancelled = threading.Event()
        self._aside = Aside(name)
        self._task = asyncio.create_task(self._run())

    async def _run(self) -> None:
        while (path := self._sizes.next()) is not None:
            try:
                size = await self._aside.run(SECONDS, partial(measure, path, self._cancelled))
            except (TimeoutError, OSError):
                size = None
            self._sizes.found(path, size)
        self._sizes.finished()
        await self._aside.close()

    async def stop(self) -> None:
        self._cancelled.set()
        self._task.cancel()
        await asyncio.wait([self._task])
        await self._aside.close()


def measure(root: str, cancelled: threading.Event, seconds: float = SECONDS) -> int | None:
    """Bytes on disk of a tree, each hard-linked file once, other file systems mounted within left out.

    None when a part may not be read, it is too large, or it was cancelled.
    """
    until = time.monotonic() + seconds
    device = os.lstat(root).st_dev
    linked: set[int] = set()
    folders, total, entries = [root], 0, 0
    while folders:
        if cancelled.is_set() or entries > MOST_ENTRIES or time.monotonic() > until:
            return None
        try:
            with os.scandir(folders.pop()) as found:
                for entry in found:
                    entries += 1
                    about = entry.stat(follow_symlinks=False)
                    if about.st_dev != device or about.st_ino in linked:
                        continue
                    total += about.st_blocks * 512
                    if entry.is_dir(follow_symlinks=False):
                        folders.append(entry.path)
                    elif about.st_nlink > 1:
                        linked.add(about.st_ino)
        except FileNotFoundError:
            continue  # removed since its folder was read
        except OSError:
            return None
    return total
