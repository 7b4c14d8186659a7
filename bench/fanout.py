"""One publisher, 100 subscriber connections in one process: events a second, and the processor time of a delivery.

The peer's cost is the daemon's alone; what its publisher spends comes on top. Every event has a row of its own, so none of ours
is left out because a newer one replaced it, and both subscribers decode into the same type.
"""

import subprocess
import tempfile
import time
from contextlib import ExitStack
from pathlib import Path

from bench.bus import private_bus
from bench.measure import Limit, Metric, ask, cpu_seconds, helper
from gen import example

SUBSCRIBERS = 100
EVENTS = 500
BURSTS = 4
"""In a sample: enough processor time for a clock of 10 ms."""
ROUNDS = 5


def burst(publisher: subprocess.Popen[str], follower: subprocess.Popen[str], payer: int) -> tuple[float, float]:
    """Events a second, and microseconds of the process `payer` for each delivery."""
    cpu, start = cpu_seconds(payer), time.perf_counter()
    for _ in range(BURSTS):
        ask(follower, f"expect {EVENTS}")
        ask(publisher, f"emit {EVENTS}")
        ask(follower, "")
    taken = time.perf_counter() - start
    return EVENTS * BURSTS / taken, (cpu_seconds(payer) - cpu) * 1e6 / (EVENTS * BURSTS * SUBSCRIBERS)


def measure() -> list[Metric]:
    """About 30 s."""
    rates: dict[str, list[float]] = {"ours": [], "peer": []}
    costs: dict[str, list[float]] = {"ours": [], "peer": []}
    with ExitStack() as stack:
        folder = stack.enter_context(tempfile.TemporaryDirectory(prefix="avb-"))
        bus = stack.enter_context(private_bus())
        sutra = stack.enter_context(helper("bench.serve_sutra", folder))
        dbus = stack.enter_context(helper("bench.serve_dbus", bus.address))
        our_follower = stack.enter_context(helper("bench.follow_sutra", str(Path(folder, example.SERVICE.id)), str(SUBSCRIBERS)))
        their_follower = stack.enter_context(helper("bench.follow_dbus", bus.address, str(SUBSCRIBERS)))
        for _ in range(ROUNDS):
            for series, publisher, follower, payer in (("ours", sutra, our_follower, sutra.pid), ("peer", dbus, their_follower, bus.pid)):
                rate, cost = burst(publisher, follower, payer)
                rates[series].append(rate)
                costs[series].append(cost)
    return [
        Metric("fan-out 1 -> 100 clients, events", "/s", rates, [Limit("peer", 5, at_least=True)]),
        Metric("fan-out, publisher's CPU (peer: dbus-daemon's) a delivery", "us", costs, [Limit("peer", 0.15)]),
    ]
