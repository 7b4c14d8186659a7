"""Timing of calls and whole processes, and the figures that come of it. Ratios count; absolute times drift with the machine."""

import os
import statistics
import subprocess
import sys
import time
from collections.abc import Awaitable, Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import msgspec

ROOT = Path(__file__).parent.parent
INTERPRETER = os.path.realpath(sys.executable)
"""Not the virtual environment's link and not a version manager's shim: the floor is what this costs with nothing imported."""
FLOOR = [INTERPRETER, "-I", "-S", "-c", "pass"]
_SCHEDULED = 2
"""CPUCLOCK_SCHED of the kernel's posix-timers.h."""


class Limit(msgspec.Struct, frozen=True):
    """`ours` may be at most (at least, for a rate) `bound` times the series `against`; or `bound` itself, where `against` is empty."""

    against: str
    bound: float
    at_least: bool = False


class Metric(msgspec.Struct):
    """One line of the report: series of samples that were taken alternately, and what they are held to."""

    name: str
    unit: str
    samples: dict[str, list[float]]
    limits: list[Limit]
    foundation: bool = True

    def median(self, series: str) -> float | None:
        return statistics.median(self.samples[series]) if self.samples.get(series) else None

    def ratio(self, limit: Limit) -> float:
        """What the limit bounds."""
        ours = self.median("ours")
        assert ours is not None
        other = self.median(limit.against) if limit.against else 1.0
        assert other is not None
        return ours / other if other else float("inf")

    def met(self, limit: Limit) -> bool:
        return self.ratio(limit) >= limit.bound if limit.at_least else self.ratio(limit) <= limit.bound


def alternate(rounds: int, **series: Callable[[], float]) -> dict[str, list[float]]:
    """Takes one sample of each series in turn, so that a busy moment hits all of them."""
    samples: dict[str, list[float]] = {name: [] for name in series}
    for _ in range(rounds):
        for name, take in series.items():
            samples[name].append(take())
    return samples


async def alternate_async(rounds: int, **series: Callable[[], Awaitable[float]]) -> dict[str, list[float]]:
    samples: dict[str, list[float]] = {name: [] for name in series}
    for _ in range(rounds):
        for name, take in series.items():
            samples[name].append(await take())
    return samples


def p50(count: int, call: Callable[[], object]) -> float:
    """Median microseconds of one call."""
    times = []
    for _ in range(count):
        start = time.perf_counter_ns()
        call()
        times.append(time.perf_counter_ns() - start)
    return statistics.median(times) / 1000


async def p50_async(count: int, call: Callable[[], Awaitable[object]]) -> float:
    times = []
    for _ in range(count):
        start = time.perf_counter_ns()
        await call()
        times.append(time.perf_counter_ns() - start)
    return statistics.median(times) / 1000


def environment(**more: str) -> dict[str, str]:
    """As a person's shell would have it: bytecode is cached, and nothing is inherited that changes what runs."""
    kept = {name: value for name, value in os.environ.items() if not name.startswith(("PYTHON", "SUTRA", "XDG_", "AVYCTL"))}
    return {**kept, **more}


def wall_ms(command: list[str], env: dict[str, str], expect: int = 0) -> float:
    """Milliseconds from fork to exit of a process that must exit with `expect`; its output goes nowhere."""
    null = [(os.POSIX_SPAWN_OPEN, fd, os.devnull, os.O_RDWR, 0) for fd in (0, 1, 2)]
    start = time.perf_counter_ns()
    pid = os.posix_spawn(command[0], command, env, file_actions=null)
    _, status = os.waitpid(pid, 0)
    taken = time.perf_counter_ns() - start
    if os.waitstatus_to_exitcode(status) != expect:
        done = subprocess.run(command, env=env, capture_output=True, text=True, check=False)
        raise RuntimeError(f"{command} exited with {done.returncode}, not {expect}: {done.stderr or done.stdout}")
    return taken / 1e6


def peak_rss_mb(command: list[str], env: dict[str, str]) -> float:
    """VmHWM, looked at all the time until the process is gone: a child's ru_maxrss would hold its parent's peak at the fork."""
    null = [(os.POSIX_SPAWN_OPEN, fd, os.devnull, os.O_RDWR, 0) for fd in (0, 1, 2)]
    pid = os.posix_spawn(command[0], command, env, file_actions=null)
    peak = 0.0
    while os.waitpid(pid, os.WNOHANG) == (0, 0):
        peak = max(peak, status_mb(pid, "VmHWM"))
    return peak


def status_mb(pid: int, field: str) -> float:
    """A size of /proc/PID/status in MB; 0 for a process that is gone."""
    try:
        text = Path(f"/proc/{pid}/status").read_text()
    except OSError:
        return 0.0
    _, _, rest = text.partition(f"\n{field}:")
    return int(rest.split(None, 1)[0]) / 1024 if rest else 0.0


def cpu_seconds(pid: int) -> float:
    """User and system time of all its threads so far: the process's CPU clock (clock_getcpuclockid(3)), not the ticks of /proc."""
    return time.clock_gettime(~pid << 3 | _SCHEDULED)


@contextmanager
def helper(module: str, *arguments: str) -> Iterator[subprocess.Popen[str]]:
    """A process `python -m MODULE` that prints a line when it is ready, and is told what to do on its standard input."""
    command = [sys.executable, "-m", module, *arguments]
    env = environment(PYTHONPATH=f"{ROOT}:{ROOT / 'tests'}")
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, env=env) as process:
        try:
            ask(process, "")
            yield process
        finally:
            process.kill()


def ask(process: subprocess.Popen[str], line: str) -> str:
    """Sends a line (none, if empty) and returns the line that answers."""
    assert process.stdin is not None
    assert process.stdout is not None
    if line:
        process.stdin.write(line + "\n")
        process.stdin.flush()
    answer = process.stdout.readline()
    if not answer:
        raise RuntimeError(f"{process.args!r} ended: exit code {process.wait()}")
    return answer.strip()
