"""`make bench`: every budget of this program, with ours, the peer's and the floor's figure from one run. Exit 1 on a miss.

`python -m bench ipc paint` takes those subjects only.
"""

import importlib
import sys
import time

import msgspec

from bench.measure import ROOT, Limit, Metric

SUBJECTS = ("oneshot", "ipc", "fanout", "decode", "paint", "table", "processes")
HEAD = ("metric", "ours", "peer", "floor", "unit", "ratio", "budget", "")
WIDTHS = (62, 9, 9, 9, 5, 12, 16, 4)


def line(*cells: str) -> str:
    return "  ".join(
        cell.ljust(width) if index in (0, 4, 6) else cell.rjust(width)
        for index, (cell, width) in enumerate(zip(cells, WIDTHS, strict=True))
    )


def number(value: float | None) -> str:
    if value is None:
        return "-"
    return f"{value:,.0f}" if value >= 1000 else f"{value:.3g}"


def verdict(metric: Metric, limit: Limit) -> str:
    if metric.met(limit):
        return "ok"
    return "MISS" if metric.foundation else "miss"


def show(metric: Metric) -> None:
    """A line for each limit; the figures on the first."""
    figures = [number(metric.median(series)) for series in ("ours", "peer", "floor")]
    name, unit = metric.name, metric.unit
    for limit in metric.limits:
        budget = f"{'>=' if limit.at_least else '<='} {limit.bound:g}{f'x {limit.against}' if limit.against else ' ' + unit}"
        ratio = f"{metric.ratio(limit):.3f}x" if limit.against else number(metric.median("ours"))
        print(line(name, *figures, unit, ratio, budget, verdict(metric, limit)), flush=True)
        name, unit, figures = "", "", ["", "", ""]


def main(names: list[str]) -> int:
    metrics: list[Metric] = []
    print(line(*HEAD))
    for name in names or SUBJECTS:
        for metric in importlib.import_module(f"bench.{name}").measure():
            show(metric)
            metrics.append(metric)
    record = {"time": time.time(), "python": sys.version, "metrics": metrics}
    (ROOT / "bench" / "last.json").write_bytes(msgspec.json.format(msgspec.json.encode(record), indent=1))
    missed = [metric.name for metric in metrics if metric.foundation and not all(metric.met(limit) for limit in metric.limits)]
    if missed:
        print(f"{len(missed)} missed: " + "; ".join(missed))
    return 1 if missed else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
