"""Home: this host in a few lines, and what needs attention on all of it."""

import asyncio
from collections.abc import AsyncGenerator, Callable, Sequence
from contextlib import aclosing
from typing import Any

from avyctl.line.source import Change, Row, Source, soon
from sutra_client import overview_text as words
from sutra_client import tabular
from sutra_client.errors import UNSUPPORTED, SutraError
from sutra_client.events import Samples
from sutra_client.gen.core import Finding, Severity
from sutra_client.gen.system import Sample, System
from sutra_client.glyphs import ASCII, twin
from sutra_client.schema import Field, of_module

_MOST = 8
"""Findings that are told at home, so that it fits on a screen."""
_SHOWN = ("severity", "object", "evidence", "since")


class Findings:
    """The findings of several services as one list, the worst first; `tell` hears of services that fail."""

    title = "findings"
    kind = "Finding"
    key = ("id",)

    def __init__(self, sources: Sequence[Source], tell: Callable[[SutraError], None]) -> None:
        self.schema = of_module("core")
        self._sources = sources
        self._tell = tell

    @property
    def fields(self) -> list[Field]:
        return tabular.columns(self.schema, self.kind, list(_SHOWN), wide=False)

    async def rows(self) -> list[Row]:
        """Of a host that lacks a service's subject nothing is said here: its own list says it."""
        found = await asyncio.gather(*map(self._of, self._sources))
        return sorted((row for rows in found for row in rows), key=lambda row: words.urgency(finding(row)), reverse=True)

    async def _of(self, source: Source) -> list[Row]:
        try:
            return await source.rows()
        except SutraError as error:
            if error.code != UNSUPPORTED:
                self._tell(error)
            return []

    async def detail(self, row: Row) -> list[str]:
        return words.detail(finding(row))

    def changes(self) -> AsyncGenerator[Change, None]:
        """Raises SutraError UNSUPPORTED."""
        raise SutraError(UNSUPPORTED, "findings of several services cannot be watched", "watch those of one service: NOUN findings, watch")


def finding(row: Row) -> Finding:
    values: dict[str, Any] = {**row, "severity": Severity(row["severity"])}
    return Finding(**values)


async def overview(system: System, you: Callable[[], str], findings: Sequence[Finding], seconds: float) -> list[str]:
    """`you` is asked once the service has answered. Raises SutraError."""
    async with soon("system status", seconds):
        status = await system.status()
        sample = await _newest(system)
    _, state, _ = words.health(findings, ASCII)
    lines = ["  ".join(word for word in (status.hostname, status.os, state, words.uptime(status.uptime), twin(you())) if word)]
    if sample is not None:
        lines += [f"cpu {words.processor(sample, ASCII)}", f"mem {words.memory(sample)}"]
        lines += [f"net {words.network(sample, status, ASCII)}", f"disk {words.disk(sample)}"]
    needs = [f"{finding.severity}  {finding.object}  {finding.evidence}" for finding in findings[:_MOST]]
    needs += [f"and {len(findings) - _MOST} more: findings"] if len(findings) > _MOST else []
    return [*lines, *words.machine(status), *status.unseen, *(needs or ["Nothing needs attention."])]


async def _newest(system: System) -> Sample | None:
    stream: Any = system.samples(None)
    async with aclosing(stream) as events:
        async for event in events:
            if isinstance(event, Samples) and event.rows:
                newest: Sample = event.rows[-1]
                return newest
    return None
