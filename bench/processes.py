"""2,000 real processes every two seconds: what the service and the screen cost together, against htop."""

import re
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from typing import NamedTuple

import pyte

from bench.measure import ROOT, Limit, Metric, cpu_seconds, environment, status_mb
from bench.paint import AVYCTL, NODE
from bench.terminal import Terminal

COUNT = 2000
ROUNDS = 2
SETTLE = 5.0
WINDOW = 10.0
"""Five periods."""
PATIENCE = 30.0
PANE = b"9"
SHOWN = re.compile(r"(?:Tasks: |Processes  )(\d+)\b")
"""Of how many processes htop, and the pane, say that they show them."""


class Figures(NamedTuple):
    """Of one run: ms until the list stood on the screen, per cent of a core and MB of all its processes, bytes a second to the terminal."""

    opened: float
    cpu: float
    rss: float
    rate: float


@contextmanager
def crowd(count: int) -> Iterator[None]:
    """So many processes more than there were."""
    command = [sys.executable, "-m", "bench.crowd", str(count)]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, cwd=ROOT, env=environment()) as process:
        assert process.stdin is not None
        assert process.stdout is not None
        try:
            if process.stdout.readline() != "ready\n":
                raise RuntimeError(f"bench.crowd ended: exit code {process.wait()}")
            yield
        finally:
            process.stdin.close()


@contextmanager
def service(env: dict[str, str]) -> Iterator[int]:
    """`avyctl serve` of what the Processes pane needs; its pid."""
    with subprocess.Popen([AVYCTL, "serve", "system", "processes"], stderr=subprocess.PIPE, text=True, env=env) as process:
        assert process.stderr is not None
        try:
            for name in ("system", "processes"):
                line = process.stderr.readline()
                if f"{name} serves at" not in line:
                    raise RuntimeError(f"avyctl serve: {line}")
            yield process.pid
        finally:
            process.terminate()


def _listed(screen: pyte.Screen) -> bool:
    """The whole crowd is there."""
    return any((found := SHOWN.search(line)) is not None and int(found[1]) >= COUNT for line in screen.display)


def watched(command: list[str], env: dict[str, str], key: bytes = b"", *others: int) -> Figures:
    """`key` opens what shows the processes; `others` are the pids that serve it."""
    terminal = Terminal(command, env)
    try:
        if key:
            terminal.painted_ms(lambda screen: any(NODE in line for line in screen.display), PATIENCE)
            terminal.read(1.0)
            opened = terminal.answered_ms(key, _listed, PATIENCE)
        else:
            opened = terminal.painted_ms(_listed, PATIENCE)
        terminal.read(SETTLE)
        pids = (terminal.pid, *others)
        before = sum(map(cpu_seconds, pids))
        written = terminal.read(WINDOW)
        cpu = (sum(map(cpu_seconds, pids)) - before) / WINDOW * 100
        return Figures(opened, cpu, sum(status_mb(pid, "VmRSS") for pid in pids), written / WINDOW)
    finally:
        terminal.close()


def measure() -> list[Metric]:
    """About 2 min."""
    htop = shutil.which("htop")
    runs: dict[str, list[Figures]] = {"served": [], "embedded": [], "htop": []}
    with ExitStack() as stack:
        folder = stack.enter_context(tempfile.TemporaryDirectory(prefix="avb-"))
        stack.enter_context(crowd(COUNT))
        env = environment(HOME=folder)
        served = {**env, "SUTRA_DIR": folder}
        for _ in range(ROUNDS):
            with service(served) as pid:
                runs["served"].append(watched([AVYCTL], served, PANE, pid))
            runs["embedded"].append(watched([AVYCTL, "--embedded"], env, PANE))
            if htop:
                # 2 s; the kernel's threads are hidden by both
                runs["htop"].append(watched([htop, "-d", "20"], env))
    peer = "(peer: htop)" if htop else "(htop is absent: apt install htop)"
    metrics = []
    for name in ("served", "embedded"):
        for value, what, unit, bound in (("cpu", "CPU", "%", 3.0), ("rss", "RSS", "MB", 15.0), ("rate", "output", "B/s", 3.0)):
            samples = {"ours": [getattr(run, value) for run in runs[name]], "peer": [getattr(run, value) for run in runs["htop"]]}
            limits = [Limit("peer", bound)] if htop else [Limit("", float("inf"))]
            foundation = value == "cpu" and bool(htop)
            metrics.append(Metric(f"{COUNT:,} processes at 2 s, {name}, {what} {peer}", unit, samples, limits, foundation))
        opened = {"ours": [run.opened for run in runs[name]], "peer": [run.opened for run in runs["htop"]]}
        metrics.append(
            Metric(f"{COUNT:,} processes, {name}, key 9 to the list (peer: htop's start)", "ms", opened, [Limit("", 1000)], False)
        )
    return metrics
