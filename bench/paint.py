"""The app on a terminal of 80x24: how soon it shows live data, and what it costs when nobody touches it."""

import os
import sys
import tempfile
from collections.abc import Callable
from contextlib import ExitStack
from pathlib import Path

from bench.measure import Limit, Metric, alternate, cpu_seconds, environment, helper, status_mb
from bench.terminal import Terminal

ROUNDS = 7
SETTLE = 3.0
IDLE = 5.0
AVYCTL = str(Path(sys.executable).with_name("avyctl"))
EMPTY = [sys.executable, "-m", "bench.empty_app"]
NODE = os.uname().nodename
Figures = tuple[float, float, float]
"""Resident MB, per cent of a core and bytes a second."""


def first_paint(command: list[str], env: dict[str, str], word: str) -> float:
    """Milliseconds from the start until `word` stands on the screen."""
    terminal = Terminal(command, env)
    try:
        terminal.read(10, until=lambda data: word.encode() in data)
        return terminal.painted_ms(lambda screen: any(word in line for line in screen.display))
    finally:
        terminal.close()


def idle(command: list[str], env: dict[str, str], word: str) -> Figures:
    """Once the start is over."""
    terminal = Terminal(command, env)
    try:
        terminal.painted_ms(lambda screen: any(word in line for line in screen.display), 10)
        terminal.read(SETTLE)
        before = cpu_seconds(terminal.pid)
        written = terminal.read(IDLE)
        return status_mb(terminal.pid, "VmRSS"), (cpu_seconds(terminal.pid) - before) / IDLE * 100, written / IDLE
    finally:
        terminal.close()


def _paint(command: list[str], env: dict[str, str], word: str) -> Callable[[], float]:
    return lambda: first_paint(command, env, word)


def measure() -> list[Metric]:
    """About 40 s."""
    with ExitStack() as stack:
        folder = stack.enter_context(tempfile.TemporaryDirectory(prefix="avb-"))
        stack.enter_context(helper("bench.serve_system", folder))
        env = environment(HOME=folder)
        served = {**env, "SUTRA_DIR": folder}
        empty = {**env, "PYTHONPATH": str(Path(__file__).parent.parent)}
        metrics = []
        for name, command, settings in (("served", [AVYCTL], served), ("embedded", [AVYCTL, "--embedded"], env)):
            first_paint(command, settings, NODE)  # bytecode is cached from here on
            samples = alternate(ROUNDS, ours=_paint(command, settings, NODE), peer=_paint(EMPTY, empty, "painted"))
            metrics.append(Metric(f"first paint of live data, {name} (peer: empty app)", "ms", samples, [Limit("peer", 1.15)]))
        for name, command, settings, limit in (("served", [AVYCTL], served, 40), ("embedded", [AVYCTL, "--embedded"], env, 55)):
            ours, peer = idle(command, settings, NODE), idle(EMPTY, empty, "painted")
            metrics.append(Metric(f"idle RSS, {name}", "MB", {"ours": [ours[0]], "peer": [peer[0]]}, [Limit("", limit)]))
            metrics += _moving(f"a new sample every second, {name}", ours, peer, 1.0, 600, foundation=False)
        still = stack.enter_context(tempfile.TemporaryDirectory(prefix="avb-"))
        stack.enter_context(helper("bench.serve_system", still, "still"))
        ours, peer = idle([AVYCTL], {**env, "SUTRA_DIR": still}, NODE), idle(EMPTY, empty, "painted")
        return metrics + _moving("nothing changes, served", ours, peer, 0.3, 0, foundation=True)


def _moving(what: str, ours: Figures, peer: Figures, cpu: float, rate: float, foundation: bool) -> list[Metric]:
    return [
        Metric(f"CPU, {what}", "%", {"ours": [ours[1]], "peer": [peer[1]]}, [Limit("", cpu)], foundation),
        Metric(f"output, {what}", "B/s", {"ours": [ours[2]], "peer": [peer[2]]}, [Limit("", rate)], foundation),
    ]
