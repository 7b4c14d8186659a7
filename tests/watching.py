"""Helpers of the screens' tests: an app on a fake system with a clock that stands still, and waiting for what is to be seen."""

from collections.abc import Callable

from textual.pilot import Pilot

from avyctl.app import AvyctlApp, Clients
from services.system.fake import NOW, FakeSystem
from sutra_client.gen.system import System
from sutra_client.terminal import detect

PATIENCE = 200
"""Rounds of the message loop after which something will not come any more."""


def app_on(system: System | None = None, term: str = "xterm-256color", place: str = "", **environ: str) -> AvyctlApp:
    terminal = detect({"TERM": term, "COLORTERM": "truecolor", "LANG": "C.UTF-8"} | environ, (80, 24))
    return AvyctlApp(Clients(system or FakeSystem(), "root·admin", place), terminal, clock=lambda: NOW / 1e6)


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
