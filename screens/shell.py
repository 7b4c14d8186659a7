"""What all screens share: the services, the terminal's glyphs and clock, and what is known of the host for the status line."""

import time
from collections import deque
from collections.abc import AsyncIterator, Callable, Mapping, Sequence
from contextlib import AbstractAsyncContextManager
from types import MappingProxyType
from typing import Any, Protocol

from screens.commands import Commands
from sutra_client import overview_text as words
from sutra_client.anything import Anything
from sutra_client.events import Changed, Key, Removed, Snapshot, TableEvent
from sutra_client.gen.core import Finding
from sutra_client.gen.system import Status
from sutra_client.glyphs import FULL, Glyphs
from widgets.lines import Part
from widgets.pane import Pane

Clock = Callable[[], float]
"""Unix seconds."""
Happening = tuple[int, str, str]
"""(unix microseconds, what it is about, what happened)."""
_REMEMBERED = 20


class Services(Protocol):
    """Where screens get their services from; nothing is connected before the first call or stream."""

    def client(self, stem: str) -> Any:
        """The service whose schema is in that folder, as its generated Protocol."""

    def you(self) -> str:
        """Who the services take this client for, e.g. "root·admin"."""

    def place(self, stem: str) -> str:
        """The endpoint of that service, empty where it is in this process."""

    def endpoints(self) -> AsyncIterator[Any]:
        """A table stream of endpoints, as avyctl.survey has them."""

    def anything(self, service: str, path: str) -> AbstractAsyncContextManager[Anything]:
        """The service at that endpoint, by the interface that it serves itself; an empty `path` is one in this process."""


class Host:
    """What the visible screen last heard of the host as a whole; every screen's status line is made from it."""

    def __init__(self) -> None:
        self.status: Status | None = None
        self.stale = False
        self._findings: dict[str, dict[Key, Finding]] = {}
        self._arriving: dict[str, dict[Key, Finding]] = {}
        self._over: deque[Happening] = deque(maxlen=_REMEMBERED)
        self._seen = 0.0

    @property
    def findings(self) -> list[Finding] | None:
        """Of all services that were heard; None as long as the system service was not."""
        if "system" not in self._findings:
            return None
        return [finding for found in self._findings.values() for finding in found.values()]

    @property
    def uptime(self) -> int | None:
        """Microseconds since the host's boot, at this moment."""
        if self.status is None or self.status.uptime is None:
            return None
        return self.status.uptime + round((time.monotonic() - self._seen) * 1e6)

    def met(self, status: Status) -> None:
        self.status = status
        self._seen = time.monotonic()

    def of(self, stem: str) -> list[Finding]:
        """The findings of one service."""
        return list(self._findings.get(stem, {}).values())

    def keys(self, stem: str) -> set[Key]:
        return set(self._findings.get(stem, ()))

    def heard(self, stem: str, event: TableEvent[Finding], now: float) -> None:
        """An event of that service's findings, at unix seconds."""
        before = self._findings.get(stem, {})
        match event:
            case Snapshot(rows=rows, more=more):
                arriving = self._arriving.setdefault(stem, {})
                arriving.update(((finding.id,), finding) for finding in rows)
                if not more:
                    self._findings[stem] = self._arriving.pop(stem)
            case Changed(rows=rows):
                self._findings[stem] = before | {(finding.id,): finding for finding in rows}
            case Removed(keys=keys):
                self._findings[stem] = {key: finding for key, finding in before.items() if key not in keys}
        for key in before.keys() - self._findings.get(stem, {}).keys():
            self._over.append((round(now * 1e6), before[key].object, f"over: {before[key].evidence}"))

    def happened(self) -> list[Happening]:
        """What needs attention since a time that is known, and what no longer does; newest first."""
        begun = [(finding.since, finding.object, finding.evidence) for finding in self.findings or () if finding.since is not None]
        return sorted([*begun, *self._over], reverse=True)

    def parts(self, you: str, now: float, glyphs: Glyphs) -> tuple[list[Part], list[Part]]:
        """The two sides of the status line."""
        known = self.findings
        glyph, state, tone = ("-", words.known(known), "warning") if self.stale else words.health(known, glyphs)
        name, system = (self.status.hostname, self.status.os) if self.status else ("", "")
        left: list[Part] = [(name, "strong"), ("  ", ""), (system, ""), ("  ", ""), (f"{glyph} {state}", tone)]
        right: list[Part] = [(f"  {words.uptime(self.uptime)}   {you}", ""), ("  ", ""), (words.clock(now), "strong")]
        return left, right


class Shell:
    """Handed to every screen. `panes` are those there are, in their order."""

    def __init__(
        self,
        services: Services,
        commands: Commands,
        panes: Sequence[Pane] = (),
        stems: Mapping[str, Pane] = MappingProxyType({}),
        *,
        glyphs: Glyphs = FULL,
        clock: Clock = time.time,
        read_only: bool = False,
        options: Sequence[str] = (),
    ) -> None:
        """`options` are those that a one-shot needs to look at the same host. `stems` are the services whose findings count for the host
        as a whole, the system service first, each with its pane.
        """
        self.services = services
        self.commands = commands
        self.history: list[str] = []
        self.panes = tuple(panes)
        self._stems = stems
        self.stems = tuple(stems)
        self.glyphs = glyphs
        self.clock = clock
        self.read_only = read_only
        self.options = tuple(options)
        self.host = Host()

    def pane_of(self, stem: str) -> Pane | None:
        """The pane that shows what this service is about."""
        return self._stems.get(stem)
