"""Helpers of the screens' tests: an app on a fake system with a clock that stands still, and waiting for what is to be seen."""

import asyncio
import importlib
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager

from textual.pilot import Pilot

from avyctl.app import AvyctlApp
from avyctl.survey import Endpoint
from fakes import FakeExample, thing
from services.system.fake import NOW, FakeSystem
from serving import server
from sutra_client import events
from sutra_client.anything import Anything, reached
from sutra_client.gen.system import System
from sutra_client.terminal import detect
from sutra_client.transport import memory

PATIENCE = 200
"""Rounds of the message loop after which something will not come any more."""


ENDPOINTS = [
    Endpoint("dev.avyctl.example", "/run/sutra/dev.avyctl.example", "ok", 0, "", "fake", 3, 12.5, 4711, 2),
    Endpoint("dev.avyctl.system", "", "embedded", None, "no service runs, so avyctl does it itself"),
    Endpoint("org.hostile.\x1b]0;x\x07", "/run/sutra/\x1b[2J", "distrusted", 1000, "directory: others may write in it"),
]


class Held:
    """The services of a test: those it gives, fakes for the rest."""

    def __init__(self, system: System | None, place: str, others: dict[str, object]) -> None:
        self._clients = {"system": system or FakeSystem(), **others}
        self._place = place
        self.example = FakeExample((thing("wheel"), thing("lamp")))

    def client(self, stem: str) -> object:
        if stem not in self._clients:
            fake = importlib.import_module(f"services.{stem}.fake")
            self._clients[stem] = getattr(fake, "Fake" + stem.title())(findings=[])
        return self._clients[stem]

    async def endpoints(self) -> AsyncIterator[events.TableEvent[Endpoint]]:
        yield events.Snapshot(ENDPOINTS)
        await asyncio.Event().wait()

    @asynccontextmanager
    async def anything(self, service: str, path: str) -> AsyncIterator[Anything]:
        """The example service, whatever is asked for."""
        async with reached(memory(server(self.example).session)) as opened:
            yield opened

    def you(self) -> str:
        return "root·admin"

    def place(self, stem: str) -> str:
        return self._place


class Said:
    """A command line that answers each line with what the test says, and remembers what it was asked."""

    def __init__(self, answers: dict[str, tuple[int, list[str]]] | None = None, words: list[str] | None = None) -> None:
        self.lines: list[str] = []
        self._answers = answers or {}
        self._words = words or []

    async def run(self, line: str, say: Callable[[list[str]], None]) -> int:
        self.lines.append(line)
        code, lines = self._answers.get(line, (0, [f"did {line}"]))
        say(lines)
        return code

    async def complete(self, words: list[str]) -> list[str]:
        return [word for word in self._words if word.startswith(words[-1])]


def app_on(
    system: System | None = None,
    term: str = "xterm-256color",
    place: str = "",
    *,
    pane: str = "overview",
    commands: Said | None = None,
    services: dict[str, object] | None = None,
    **environ: str,
) -> AvyctlApp:
    terminal = detect({"TERM": term, "COLORTERM": "truecolor", "LANG": "C.UTF-8"} | environ, (80, 24))
    return AvyctlApp(Held(system, place, services or {}), commands or Said(), terminal, pane=pane, clock=lambda: NOW / 1e6)


def lines_of(app: AvyctlApp) -> list[str]:
    """What the screen shows, line by line."""
    return ["".join(segment.text for segment in strip) for strip in app.screen._compositor.render_strips()]


async def until(pilot: Pilot[None], holds: Callable[[], bool]) -> None:
    """Let the app work until something holds."""
    for _ in range(PATIENCE):
        if holds():
            return
        await pilot.pause()
    raise AssertionError("it never came")


async def until_shown(pilot: Pilot[None], text: str) -> None:
    app = pilot.app
    assert isinstance(app, AvyctlApp)
    for _ in range(PATIENCE):
        if any(text in line for line in lines_of(app)):
            return
        await pilot.pause()
    raise AssertionError(f"{text!r} never came:\n" + "\n".join(lines_of(app)))
