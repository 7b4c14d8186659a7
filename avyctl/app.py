"""The screen's front door: the Textual app, its themes and panes, and the keys that mean the same everywhere."""

import gc
import os
import signal
import subprocess
import time
from collections.abc import Iterable, Sequence
from pathlib import Path

from textual._styles_cache import StylesCache
from textual.app import SystemCommand
from textual.await_complete import AwaitComplete
from textual.binding import Binding
from textual.filter import Monochrome, NoColor
from textual.screen import Screen

from avyctl import palette
from avyctl.panes import PANES, STEMS, make
from avyctl.themes import THEMES, first_theme
from avyctl.typed_ahead import TypedAhead
from screens.commands import Commands
from screens.help import HelpScreen
from screens.pane import PaneScreen
from screens.shell import Clock, Services, Shell
from sutra_client.glyphs import LEVELS
from sutra_client.terminal import Terminal
from widgets.driver import TerminalDriver

ASSETS = next(path for path in (Path(__file__).parent / "assets", Path(__file__).parent.parent / "assets") if path.is_dir())


class AvyctlApp(TypedAhead, inherit_bindings=False):
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
        *(Binding(pane.key, f"pane('{pane.name}')", pane.full, show=False) for pane in PANES if pane.key),
        Binding("tab", "next_pane(1)", "Next pane", show=False),
        Binding("shift+tab", "next_pane(-1)", "Previous pane", show=False),
    ]

    def __init__(
        self,
        services: Services,
        commands: Commands,
        terminal: Terminal,
        *,
        read_only: bool = False,
        theme: str = "",
        pane: str = PANES[0].name,
        clock: Clock = time.time,
        options: Sequence[str] = (),
    ) -> None:
        """`options` are those that a one-shot needs to look at the same host."""
        super().__init__(type("Driver", (TerminalDriver,), {"facts": terminal}))
        glyphs = LEVELS[terminal.glyphs]
        self.shell = Shell(services, commands, PANES, STEMS, glyphs=glyphs, clock=clock, read_only=read_only, options=options)
        self._first = pane
        self._terminal = terminal
        self.no_color = not terminal.colours
        # Textual's filters make their own colours of none; the driver sends none to a terminal without.
        self._filters = [known for known in self._filters if not isinstance(known, (Monochrome, NoColor))]
        for known in THEMES:
            self.register_theme(known)
        self.theme = first_theme(terminal.colours, theme)

    def on_mount(self) -> None:
        self.push_screen(self._pane(self._first))

    def on_ready(self) -> None:
        """The first frame is out. Of what was made until here next to nothing is garbage, so it is never looked at again."""
        gc.freeze()
        gc.enable()

    def _pane(self, name: str) -> str:
        """The name under which that pane is installed: it keeps its rows while another is seen."""
        if not self.is_screen_installed(name):
            self.install_screen(make(name, self.shell), name)
        return name

    def pop_screen(self) -> AwaitComplete:
        """Textual memorises per widget's cache (lru_cache on a method), and so keeps all that the last 1024 widgets ever painted."""
        StylesCache.get_inner_outer.cache_clear()
        return super().pop_screen()

    def action_pane(self, name: str) -> None:
        """Go to that pane, from wherever."""
        while len(self.screen_stack) > 2:
            self.pop_screen()
        self.switch_screen(self._pane(name))

    def action_next_pane(self, step: int) -> None:
        names = [pane.name for pane in PANES]
        if isinstance(self.screen, PaneScreen):
            self.action_pane(names[(names.index(self.screen.NAME) + step) % len(names)])

    def action_help(self) -> None:
        if isinstance(self.screen, PaneScreen):
            text = (ASSETS / "help" / f"{self.screen.NAME}.md").read_text(encoding="utf-8")
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
        if self.shell.read_only:
            self.notify("--read-only: the shell is off", markup=False)
            return
        shell = os.environ.get("SHELL") or "/bin/sh"
        try:
            with self.suspend():
                subprocess.run([shell], check=False)
        except OSError as error:
            self.notify(f"{shell}: {error.strerror}", severity="error", markup=False)

    def action_command_palette(self) -> None:
        super().action_command_palette()
        self.call_later(lambda: palette.bound(self.screen))

    def get_system_commands(self, screen: Screen[object]) -> Iterable[SystemCommand]:
        return palette.entries(self, screen, self._terminal.colours)


async def run(
    services: Services,
    commands: Commands,
    terminal: Terminal,
    *,
    read_only: bool = False,
    theme: str = "",
    pane: str = "",
    options: Sequence[str] = (),
) -> int:
    """The exit code."""
    app = AvyctlApp(services, commands, terminal, read_only=read_only, theme=theme, pane=pane or PANES[0].name, options=options)
    await app.run_async(mouse=terminal.mouse)
    return app.return_code or 0
