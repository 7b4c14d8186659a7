"""Whole one-shots, cold: against a running service, embedded, and with a configuration file; the floor is the interpreter alone."""

import sys
import tempfile
from collections.abc import Callable
from contextlib import ExitStack
from pathlib import Path

from bench.bus import private_bus
from bench.measure import FLOOR, Limit, Metric, alternate, environment, helper, peak_rss_mb, wall_ms

ROUNDS = 21
AVYCTL = str(Path(sys.executable).with_name("avyctl"))
SERVED = (
    ("status", ["system", "status"], 0),
    ("100-row list", ["system", "findings"], 0),
    ("an error", ["system", "users"], 4),
)
CONFIGURATION = 'color = "never"\n'


def measure() -> list[Metric]:
    """About 40 s."""
    with ExitStack() as stack:
        folder = stack.enter_context(tempfile.TemporaryDirectory(prefix="avb-"))
        bus = stack.enter_context(private_bus())
        stack.enter_context(helper("bench.serve_system", folder))
        env = environment(HOME=folder, XDG_CONFIG_HOME=str(Path(folder, "none")), SUTRA_DIR=folder)
        embedded = {name: value for name, value in env.items() if name != "SUTRA_DIR"}
        peer = ["/usr/bin/busctl", "list", f"--address={bus.address}"]

        def compared(command: list[str], env: dict[str, str], expect: int = 0) -> dict[str, list[float]]:
            wall_ms(command, env, expect)
            return alternate(
                ROUNDS, ours=lambda: wall_ms(command, env, expect), peer=lambda: wall_ms(peer, env), floor=lambda: wall_ms(FLOOR, env)
            )

        metrics = []
        limits = [Limit("floor", 1.4), Limit("peer", 2.2)]
        for name, arguments, expect in SERVED:
            metrics.append(Metric(f"one-shot, {name}, wall (peer: busctl list)", "ms", compared([AVYCTL, *arguments], env, expect), limits))
        for name, arguments, _ in SERVED[:2]:
            command = [AVYCTL, *arguments]
            sizes = alternate(5, ours=_peak(command, env), peer=_peak(peer, env), floor=_peak(FLOOR, env))
            metrics.append(Metric(f"one-shot, {name}, peak RSS", "MB", sizes, [Limit("peer", 1.25)]))
        command = [AVYCTL, "--embedded", "system", "status"]
        metrics.append(Metric("one-shot, embedded, status", "ms", compared(command, embedded), [Limit("floor", 13)]))
        configuration = Path(folder, "config", "avyctl", "avyctl.toml")
        configuration.parent.mkdir(parents=True)
        configuration.write_text(CONFIGURATION)
        configured = {**env, "XDG_CONFIG_HOME": str(configuration.parent.parent)}
        samples = compared([AVYCTL, "system", "status"], configured)
        metrics.append(Metric("one-shot, status, a configuration file exists", "ms", samples, [Limit("floor", 8)]))
        return metrics


def _peak(command: list[str], env: dict[str, str]) -> Callable[[], float]:
    return lambda: peak_rss_mb(command, env)
