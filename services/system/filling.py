"""Watches the mounted file systems: mounts by the kernel's own event, fill every 30 s, and how long it will last."""

import asyncio
import os
import select
from collections import deque
from collections.abc import Iterable

from services.core.aside import Aside
from services.core.kernel import Kernel, Usage
from services.core.mounts import Mount, measure, parse_fstab, parse_mountinfo, root_mount, unwatched, watched
from services.core.tree import Tree

PERIOD = 30.0
"""Seconds between two looks at how full they are."""
SETTLE = 0.2
"""Seconds after a mount event in which more of them are gathered: container hosts mount in bursts."""
DEADLINE = 3.0
"""Seconds that local file systems have to answer."""
POINTS = 60
"""Looks that a trend is made of: half an hour."""
LEAST_SPAN = 300_000_000
"""Microseconds below which a trend is none."""

Point = tuple[int, int]
"""Boottime in microseconds and used bytes."""


class Filling:
    """`round` brings everything up to date; `wait` returns when the next one is due."""

    def __init__(self, tree: Tree, kernel: Kernel) -> None:
        self._tree = tree
        self._kernel = kernel
        self._aside = Aside("statvfs")
        self._path = f"{tree.proc}/self/mountinfo"
        self._fd = -1
        self._events: select.epoll | None = None
        self._happened = asyncio.Event()
        self._measured = 0
        self._trends: dict[str, deque[Point]] = {}
        self.mounts: list[Mount] = []
        self.usages: dict[str, Usage] = {}
        """Mount point -> how full, of the watched ones that answer."""
        self.declared: frozenset[str] = frozenset()
        """Mount points that /etc/fstab wants writable."""
        self.written: dict[str, str] = {}
        """Mount point -> its device, of those that were writable at some time."""
        self.unseen: list[str] = []

    def open(self) -> None:
        """Starts to listen for mounts. In a container without such events the fill rounds find them."""
        self._happened.set()
        try:
            self._fd = os.open(self._tree.at(self._path), os.O_RDONLY | os.O_CLOEXEC)
            self._events = select.epoll()
            # The file is always readable; what tells of a change is POLLPRI, which asyncio does not ask for: hence the epoll within.
            self._events.register(self._fd, select.EPOLLPRI)
        except OSError:
            self._close_events()
        else:
            asyncio.get_running_loop().add_reader(self._events.fileno(), self._event)

    async def close(self) -> None:
        if self._events is not None:
            asyncio.get_running_loop().remove_reader(self._events.fileno())
        self._close_events()
        await self._aside.close()

    async def wait(self) -> None:
        """Until a mount event, or until the fill is due."""
        try:
            async with asyncio.timeout(PERIOD):
                await self._happened.wait()
        except TimeoutError:
            return
        if self.mounts:
            await asyncio.sleep(SETTLE)

    async def round(self) -> None:
        """Reads the mounts, and how full they are when that is due or there are others than before."""
        self._happened.clear()
        known = {mount.point for mount in watched(self.mounts)}
        self.mounts = parse_mountinfo(self._tree.read(self._path, "what is mounted") or b"")
        self.declared = parse_fstab(self._tree.read("/etc/fstab") or b"")
        present = {mount.point: mount.device for mount in self.mounts}
        self.written = {point: device for point, device in self.written.items() if present.get(point) == device}
        self.written.update((mount.point, mount.device) for mount in self.mounts if not mount.readonly and not mount.frozen)
        chosen = watched(self.mounts)
        now = self._kernel.boottime()
        if known != {mount.point for mount in chosen} or now - self._measured >= PERIOD * 900_000:
            await self._measure(chosen, now)

    async def _measure(self, chosen: list[Mount], now: int) -> None:
        self._measured = now
        try:
            self.usages = await self._aside.run(DEADLINE, lambda: measure(chosen, self._kernel, self._tree.root))
        except TimeoutError:
            self.usages = {}
            self.unseen = ["How full the file systems are is unknown: one of them does not answer.", *unwatched(self.mounts)]
            return
        self.unseen = unwatched(self.mounts)
        self._trends = {point: self._trends.get(point) or deque(maxlen=POINTS) for point in self.usages}
        for point, usage in self.usages.items():
            self._trends[point].append((now, usage.used))

    @property
    def root(self) -> tuple[str, Usage] | None:
        mount = root_mount(self.mounts)
        usage = self.usages.get(mount.point) if mount is not None else None
        return (mount.point, usage) if mount is not None and usage is not None else None

    @property
    def left(self) -> dict[str, float]:
        """Mount point -> seconds until it is full if it goes on filling as in the last half hour; those that do not fill are left out."""
        found = {point: seconds_left(trend, self.usages[point].available) for point, trend in self._trends.items() if point in self.usages}
        return {point: seconds for point, seconds in found.items() if seconds is not None}

    def _event(self) -> None:
        # Polling the file takes the event; without it the reader would fire for ever.
        if self._events is not None:
            self._events.poll(0)
        self._happened.set()

    def _close_events(self) -> None:
        if self._events is not None:
            self._events.close()
            self._events = None
        if self._fd >= 0:
            os.close(self._fd)
            self._fd = -1


def seconds_left(trend: Iterable[Point], available: int) -> float | None:
    """By the straight line of least squares through the points; None for less than five minutes of them or no growth."""
    points = list(trend)
    if len(points) < 3 or points[-1][0] - points[0][0] < LEAST_SPAN:
        return None
    start = points[0][0]
    ages = [(at - start) / 1e6 for at, _ in points]
    middle = sum(ages) / len(ages)
    level = sum(used for _, used in points) / len(points)
    spread = sum((age - middle) ** 2 for age in ages)
    slope = sum((age - middle) * (used - level) for age, (_, used) in zip(ages, points, strict=True)) / spread
    # Less than a byte a second is rounding, and growth that has ended is none.
    if slope < 1 or points[-1][1] <= points[len(points) // 2][1]:
        return None
    return available / slope
