"""The screen's front door: the Textual app, its themes and panes, and the keys that mean the same everywhere."""

import os
import signal
import subprocess
import time
from collections.abc import Callable, Iterable
from contextlib import AbstractAsyncContextManager
from pathlib import Path
from typing import NamedTuple

from textual.app import App, SystemCommand
from textual.binding import Binding
from textual.filter import Monochrome, NoColor
from textual.screen import Screen

from avyctl.themes import THEMES, first_theme, themes_on
from screens.help import HelpScreen
from screens.overview import OverviewScreen
from screens.pane import Clock, PaneScreen
from sutra_client.gen.system import System
from sutra_client.glyphs import LEVELS
from sutra_client.terminal import Terminal
from widgets.driver import TerminalDriver
from widgets.panes_line import Pane

ASSETS = next(path for path in (Path(__file__).parent / "assets", Path(__file__).parent.parent / "assets") if path.is_dir())


class Clients(NamedTuple):
    """The generated Protocols that the panes hold, and who the services take us for."""

    system: System
    you: str
    place: str = ""
    """Where the system service is, in words."""


class AvyctlApp(App[None], inherit_bindings=False):
    """`terminal` decides glyphs, first theme and what is sent; `read_only` takes away what changes anything, the shell too."""

    TITLE = "avyctl"
    CSS_PATH = [ASSETS / "css" / "avyctl.tcss"]
    BINDINGS = [
        Binding("q", "quit", "Quit", show=False),
        Binding("ctrl+c", "quit", "Quit", show=False, priority=True),
        Binding("ctrl+z", "stop", "Stop", show=False, priority=True),
        Binding("question_mark", "help", "Help", show=False),
        Binding("exclamation_mark", "shell", "Shell", show=False),
        Binding("ctrl+l", "repaint", "Paint again", show=False, priority=True),
    ]

    def __init__(self, clients: Clients, terminal: Terminal, *, read_only: bool = False, theme: str = "", clock: Clock = time.time) -> None:
        super().__init__(driver_class=type("Driver", (TerminalDriver,), {"facts": terminal}))
        self._clients = clients
        self._terminal = terminal
        self._read_only = read_only
        self._clock = clock
        self.no_color = not terminal.colours
        # Textual's filters make their own colours of none; the driver sends none to a terminal without.
        self._filters = [known for known in self._filters if not isinstance(known, (Monochrome, NoColor))]
        for known in THEMES:
            self.register_theme(known)
        self.theme = first_theme(terminal.colours, theme)

    def on_mount(self) -> None:
        glyphs = LEVELS[self._terminal.glyphs]
        clients = self._clients
        self.push_screen(OverviewScreen(clients.system, clients.you, PANES, place=clients.place, glyphs=glyphs, clock=self._clock))

    def action_help(self) -> None:
        if isinstance(self.screen, PaneScreen):
            text = (ASSETS / "help" / f"{self.screen.HELP}.md").read_text(encoding="utf-8")
            self.push_screen(HelpScreen(self.screen.ACTIONS, text))

    def action_repaint(self) -> None:
        if isinstance(self._driver, TerminalDriver):
            self._driver.repaint()

    def action_stop(self) -> None:
        """Ctrl+Z, where a shell with job control has started this: all of the job stops, as the terminal would have it."""
        if os.getpgrp() == os.getsid(0):
            self.notify("no shell has started avyctl, so none could continue it; ! opens one", markup=False)
            return
        os.killpg(os.getpgrp(), signal.SIGTSTP)

    def action_shell(self) -> None:
        """The caller's own shell with the caller's own rights; its exit code is its own affair."""
        if self._read_only:
            self.notify("--read-only: the shell is off", markup=False)
            return
        shell = os.environ.get("SHELL") or "/bin/sh"
        try:
            with self.suspend():
                subprocess.run([shell], check=False)
        except OSError as error:
            self.notify(f"{shell}: {error.strerror}", severity="error", markup=False)

    def get_system_commands(self, screen: Screen[object]) -> Iterable[SystemCommand]:
        for name, theme in themes_on(self._terminal.colours).items():
            yield SystemCommand(f"Theme: {name}", "colours of everything", lambda theme=theme: setattr(self, "theme", theme))
        yield SystemCommand("Help", "keys and words of this pane", self.action_help)
        yield SystemCommand("Paint again", "clear the terminal and paint everything", self.action_repaint)
        yield SystemCommand("Quit", "leave avyctl", self.action_quit)


PANES = (Pane("1", "Home", "Overview"),)
"""Only panes that work; a new one is a line here."""


async def run(
    connect: Callable[[], AbstractAsyncContextManager[Clients]], terminal: Terminal, *, read_only: bool = False, theme: str = ""
) -> int:
    """The exit code."""
    async with connect() as clients:
        app = AvyctlApp(clients, terminal, read_only=read_only, theme=theme)
        await app.run_async(mouse=terminal.mouse)
        return app.return_code or 0
