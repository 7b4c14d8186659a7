"""The live table through a terminal of 80x24, against Textual's DataTable with the same rows; htop and isd for what they are used to."""

import random
import shutil
import sys
import tempfile
from collections.abc import Callable
from functools import partial
from pathlib import Path
from statistics import median, quantiles
from typing import NamedTuple

import pyte

from bench.measure import ROOT, Limit, Metric, alternate, cpu_seconds, environment, status_mb
from bench.terminal import LINES, Terminal

ROUNDS = 2
OPENINGS = 5
PATIENCE = 20.0
SETTLE = 2.0
WINDOW = 5.0
KEYS = 30
APPLICATION_KEYS = b"\x1bOB", b"\x1bOA"
"""Down and up of a keypad in application mode, which ncurses asks for."""
LOOKED_AT = 4
"""Lines among which the one with the cursor is the odd one."""
ISD = ROOT / ".venv" / "peers" / "bin" / "isd"
ISD_KEYS = 10
SEARCH = "Type to search"


class Program(NamedTuple):
    """`word` is on the screen when the rows are there. `place` says where the cursor is, 0 or 1, and `keys` bring it to 1, and to 0."""

    command: list[str]
    env: dict[str, str]
    word: str
    place: Callable[[pyte.Screen], int | None] = lambda screen: None
    keys: tuple[bytes, bytes] = (b"\x1b[B", b"\x1b[A")

    def shown(self, screen: pyte.Screen) -> bool:
        return any(self.word in line for line in screen.display)


def cursor(screen: pyte.Screen, head: str) -> int | None:
    """Which of the first rows, below the line with `head`, looks unlike the others."""
    above = next((y for y, line in enumerate(screen.display) if head in line), LINES)
    cells = [screen.buffer[y][8] for y in range(above + 1, min(above + 1 + LOOKED_AT, LINES))]
    looks = [(cell.bg, cell.reverse) for cell in cells]
    odd = [row for row, look in enumerate(looks) if looks.count(look) == 1]
    return odd[0] if len(odd) == 1 else None


class Figures(NamedTuple):
    """Of one run: resident MB, per cent of a core, bytes a second, and milliseconds from each key to the cursor's new place."""

    rss: float
    cpu: float
    rate: float
    keys: list[float]

    @property
    def late(self) -> float:
        """p95 of the keys."""
        return quantiles(self.keys, n=20)[-1] if self.keys else 0.0


def table(module: str, env: dict[str, str], count: int, rate: int, change: str = "some") -> Program:
    return Program(
        [sys.executable, "-m", f"bench.{module}", str(count), str(rate), change], env, "unit-00005", partial(cursor, head="name ")
    )


def opened(program: Program) -> float:
    """Milliseconds from the start of the program until its rows stand on the screen."""
    terminal = Terminal(program.command, program.env)
    try:
        return terminal.painted_ms(program.shown, PATIENCE)
    finally:
        terminal.close()


def watched(program: Program, keys: int = 0) -> Figures:
    """What it costs while nobody touches it, then how soon it answers."""
    terminal = Terminal(program.command, program.env)
    try:
        terminal.painted_ms(program.shown, PATIENCE)
        terminal.read(SETTLE)
        before = cpu_seconds(terminal.pid)
        written = terminal.read(WINDOW)
        cpu = (cpu_seconds(terminal.pid) - before) / WINDOW * 100
        times = [_moved(terminal, program) for _ in range(keys)]
        return Figures(status_mb(terminal.pid, "VmRSS"), cpu, written / WINDOW, times)
    finally:
        terminal.close()


def _moved(terminal: Terminal, program: Program) -> float:
    """Milliseconds that the cursor took to the next row, or back, at a moment that has nothing to do with the program's own turns."""
    terminal.read(random.uniform(0.05, 0.2))
    goal = 0 if program.place(terminal.screen()) == 1 else 1
    return terminal.answered_ms(program.keys[1 - goal], lambda screen: program.place(screen) == goal, PATIENCE)


def measure() -> list[Metric]:
    """About 3 min."""
    with tempfile.TemporaryDirectory(prefix="avb-") as folder:
        env = environment(HOME=folder, PYTHONPATH=str(ROOT))
        return [*_opening(env), *_some(env, 1), *_some(env, 10), *_all(env), *_many(env, 1), *_many(env, 10), *_isd(env)]


def _opening(env: dict[str, str]) -> list[Metric]:
    empty = Program([sys.executable, "-m", "bench.empty_app"], env, "painted")
    metrics = []
    for count, foundation in ((500, False), (10_000, True)):
        ours, peer = table("table_start", env, count, 1), table("table_peer", env, count, 1)
        opened(ours)  # bytecode is cached from here on
        samples = alternate(OPENINGS, ours=lambda: opened(ours), peer=lambda: opened(peer), floor=lambda: opened(empty))  # noqa: B023
        limits = [Limit("floor", 1.1), Limit("peer", 0.15 if foundation else 1.0)]
        metrics.append(Metric(f"table, {count:,} rows opened (peer: DataTable, floor: empty app)", "ms", samples, limits, foundation))
    return metrics


def _some(env: dict[str, str], rate: int) -> list[Metric]:
    """500 rows, of which 5 % change in a second; the floor is htop at the same rate, with this machine's processes."""
    htop = shutil.which("htop")
    programs = {"ours": table("table_start", env, 500, rate), "peer": table("table_peer", env, 500, rate)}
    if htop:
        programs["floor"] = Program([htop, "-d", str(10 // rate)], env, "PID", partial(cursor, head="PID"), APPLICATION_KEYS)
    runs: dict[str, list[Figures]] = {name: [] for name in programs}
    for _ in range(ROUNDS):
        for name, program in programs.items():
            runs[name].append(watched(program, KEYS))
    what = f"table, 500 rows at {rate} Hz"
    peers = "(peer: DataTable, floor: htop)" if htop else "(peer: DataTable; htop is absent: apt install htop)"

    def of(value: str) -> dict[str, list[float]]:
        return {name: [getattr(run, value) for run in figures] for name, figures in runs.items()}

    keys = {name: [time for run in figures for time in run.keys] for name, figures in runs.items()}
    return [
        Metric(f"{what}, CPU {peers}", "%", of("cpu"), [Limit("", 1.0 if rate == 1 else 2.5), Limit("peer", 0.1)]),
        Metric(f"{what}, output", "B/s", of("rate"), [Limit("", 600), Limit("peer", 0.1)], foundation=rate == 1),
        Metric(f"{what}, key to paint p50", "ms", keys, [Limit("", 10)]),
        Metric(f"{what}, key to paint p95", "ms", of("late"), [Limit("", 30)]),
        Metric(f"{what}, RSS", "MB", of("rss"), [Limit("peer", 1.0)], foundation=False),
    ]


def _all(env: dict[str, str]) -> list[Metric]:
    """Every row that is seen changes one cell, at 10 Hz."""
    ours, peer = (watched(table(module, env, 500, 10, "all")) for module in ("table_start", "table_peer"))
    what = "table, every visible row at 10 Hz"
    return [
        Metric(f"{what}, output", "B/s", {"ours": [ours.rate], "peer": [peer.rate]}, [Limit("peer", 0.25)]),
        Metric(f"{what}, CPU", "%", {"ours": [ours.cpu], "peer": [peer.cpu]}, [Limit("peer", 0.25)], foundation=False),
    ]


def _many(env: dict[str, str], rate: int) -> list[Metric]:
    ours, peer = (watched(table(module, env, 10_000, rate), KEYS) for module in ("table_start", "table_peer"))
    what = f"table, 10,000 rows at {rate} Hz"
    rows = (("CPU", "%", 0.25, "cpu"), ("output", "B/s", 0.1, "rate"), ("key to paint p95", "ms", 1.0, "late"), ("RSS", "MB", 1.0, "rss"))
    metrics = []
    for name, unit, bound, value in rows:
        samples = {"ours": [getattr(ours, value)], "peer": [getattr(peer, value)]}
        metrics.append(Metric(f"{what}, {name}", unit, samples, [Limit("peer", bound)], foundation=False))
    return metrics


def _isd(env: dict[str, str]) -> list[Metric]:
    """What isd shows is what systemctl gives, so it has next to nothing to do where systemd is not the init. Its list has no cursor that
    stays, so its key is a letter in the field above.
    """
    if not ISD.exists():
        print(f"isd is absent ({ISD.relative_to(ROOT)}), so nothing is compared with it: make bench installs it where a network is")
        return []
    program = Program([str(ISD)], env, "Systemctl action", lambda screen: int(SEARCH not in screen.display[3]), (b"x", b"\x7f"))
    opened(program)
    start = median(opened(program) for _ in range(2))
    peer = watched(program, ISD_KEYS)
    ours = watched(table("table_start", env, 500, 1), ISD_KEYS)
    opening = opened(table("table_start", env, 500, 1))
    who = "peer: isd" if Path("/run/systemd/system").is_dir() else "peer: isd with no systemd to show: its floor"
    figures = (("opened", "ms", opening, start), ("CPU", "%", ours.cpu, peer.cpu), ("output", "B/s", ours.rate, peer.rate))
    more = (("key to paint p50", "ms", median(ours.keys), median(peer.keys)), ("RSS", "MB", ours.rss, peer.rss))
    return [
        Metric(f"table, {name} ({who})", unit, {"ours": [mine], "peer": [its]}, [Limit("peer", 1.0)], foundation=False)
        for name, unit, mine, its in (*figures, *more)
    ]
