"""One measurement a second and a judgement every five, while they are needed."""

import asyncio
from typing import NamedTuple

from services.core.aside import Aside
from services.core.bell import Bell
from services.core.kernel import Kernel
from services.core.release import read_release
from services.core.tree import Tree, shown
from services.system.clock import built, judge
from services.system.counters import RESCAN, Counters
from services.system.facts import cpus
from services.system.filling import Filling
from services.system.findings import Board, Kills, View, follow_kills
from services.system.rates import Reading, Slow, sample
from services.system.readings import parse_oom_kills
from services.system.ring import Ring
from services.system.rules import RULES, watched
from services.system.sensors import Heat, Sensors, discover, read_heat
from sutra_client.events import Key
from sutra_client.gen.core import Finding
from sutra_client.gen.system import Sample

PERIOD = 1.0
BASELINE = 0.2
"""Seconds before the first sample in which its rates are measured."""
SENSING = 5.0
"""Seconds between two readings of the sensors."""
SENSING_DEADLINE = 2.0
PATIENCE = 1.0
"""Seconds that the first sample and judgement wait for slow sensors and file systems."""
_UPS = {"up": True, "down": False, "lowerlayerdown": False, "dormant": False, "notpresent": False}


class Sensed(NamedTuple):
    """What one round on the sensors' thread brings back."""

    sensors: Sensors
    heat: Heat
    up: dict[str, bool | None]
    kills: int | None
    problems: dict[str, str]


class Sampler:
    """Runs between start() and stop(); what it measured stays readable after."""

    def __init__(self, tree: Tree, kernel: Kernel, ring: Ring) -> None:
        self._tree = tree
        self._kernel = kernel
        self._ring = ring
        self._counters = Counters(tree, kernel)
        self._filling = Filling(tree, kernel)
        self._aside = Aside("sensors")
        self._aside_tree = Tree(tree.root or "/")
        self._sensed: Sensed | None = None
        self._scanned = 0
        self._kills: Kills | None = None
        self._reading: Reading | None = None
        self._slow = Slow()
        self._epoch = built(tree, read_release(tree))
        self._cpus = cpus(tree, kernel)
        self._ready = asyncio.Event()
        self._filled = asyncio.Event()
        self._board = Board(RULES, watched)
        self._task: asyncio.Task[None] | None = None
        self._mute: list[str] = []
        self.bell = Bell()
        """Rung at each sample and each change of the findings, and when the sampler ends."""
        self.latest: Sample | None = None
        self.judged = False
        """Whether the findings are those of this host yet."""

    @property
    def findings(self) -> dict[Key, Finding]:
        """By key."""
        return self._board.rows

    @property
    def unseen(self) -> list[str]:
        """What it cannot see besides what the tree knows."""
        problems = list(self._sensed.problems.values()) if self._sensed is not None else []
        return [*problems, *self._mute, *self._filling.unseen]

    def start(self) -> None:
        """Does nothing when it runs already."""
        if self._task is None:
            self._task = asyncio.get_running_loop().create_task(self._run(), name="system sampler")

    async def stop(self) -> None:
        """No task, thread or open file is left after it."""
        task, self._task = self._task, None
        if task is None:
            return
        task.cancel()
        await asyncio.wait([task])
        await self._aside.close()

    @property
    def ended(self) -> bool:
        """By an error of its own."""
        return self._task is not None and self._task.done()

    def check(self) -> None:
        """Raises what ended the sampler, so that nobody waits for a measurement that will not come."""
        if self._task is not None and self._task.done() and not self._task.cancelled():
            self._task.result()

    async def _run(self) -> None:
        self._filling.open()
        try:
            async with asyncio.TaskGroup() as group:
                group.create_task(self._sense())
                group.create_task(self._fill())
                group.create_task(self._tick())
        finally:
            self._counters.close()
            await self._filling.close()
            asyncio.get_running_loop().call_soon(self.bell.ring)

    async def _tick(self) -> None:
        before = self._counters.read()
        loop = asyncio.get_running_loop()
        await asyncio.sleep(BASELINE)
        await self._slow_ones()
        due = loop.time()
        while True:
            self._reading = self._counters.read()
            self.latest = sample(before, self._reading, self._slow)
            before = self._reading
            self._ring.add(self.latest)
            if not self.judged:
                self._judge()
            self.bell.ring()
            # A late sample moves the ones after it: a burst to catch up would measure nothing.
            due = max(due + PERIOD, loop.time())
            await asyncio.sleep(due - loop.time())

    async def _slow_ones(self) -> None:
        """Sensors and file systems take milliseconds on a healthy host, and are not waited for on another."""
        try:
            async with asyncio.timeout(PATIENCE):
                await self._ready.wait()
                await self._filled.wait()
        except TimeoutError:
            return

    async def _sense(self) -> None:
        while True:
            try:
                self._sensed = await self._aside.run(SENSING_DEADLINE, self._sense_now)
                self._mute = []
            except TimeoutError:
                self._mute = ["Temperatures and fans are unknown: a sensor does not answer."]
                self._slow = self._slow._replace(heat=None)
            else:
                self._kills = follow_kills(self._kills, self._sensed.kills, self._kernel.boottime())
                self._slow = self._slow._replace(heat=self._sensed.heat, up=self._sensed.up)
            self._ready.set()
            self._judge_again()
            await asyncio.sleep(SENSING)

    def _sense_now(self) -> Sensed:
        """On the sensors' thread, with a tree of its own."""
        tree, before, now = self._aside_tree, self._sensed, self._kernel.boottime()
        if before is None or now - self._scanned >= RESCAN:
            sensors, self._scanned = discover(tree), now
        else:
            sensors = before.sensors
        heat = read_heat(tree, sensors, before.heat.events if before is not None else None)
        links = f"{tree.sys}/class/net"
        up = {shown(name): _UPS.get(tree.text(f"{links}/{name}/operstate") or "") for name in tree.names(links)}
        kills = parse_oom_kills(tree.read(f"{tree.proc}/vmstat") or b"")
        return Sensed(sensors, heat, up, kills, dict(tree.problems))

    async def _fill(self) -> None:
        while True:
            await self._filling.wait()
            await self._filling.round()
            self._slow = self._slow._replace(root=self._filling.root)
            self._filled.set()
            self._judge_again()

    def _judge_again(self) -> None:
        """The first judgement is the first sample's, when all that is known is there."""
        if self.judged and self._judge():
            self.bell.ring()

    def _judge(self) -> bool:
        self.judged = True
        filling, reading = self._filling, self._reading
        stall = reading.pressure_memory if reading is not None else None
        return self._board.judge(
            View(
                boottime=self._kernel.boottime(),
                wall=self._kernel.wall(),
                cpus=self._cpus,
                sample=self.latest,
                memory_stall=stall.sixty if stall is not None else None,
                kills=self._kills,
                mounts=tuple(filling.mounts),
                usages=filling.usages,
                left=filling.left,
                declared=filling.declared,
                written=frozenset(filling.written),
                clock=judge(self._kernel.wall() // 1_000_000, self._epoch, self._kernel)[0],
            )
        )
