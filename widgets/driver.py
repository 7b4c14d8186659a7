"""Textual's terminal driver, replaced at its own hook (`App(driver_class=...)`): it sends the cells that differ, never blocks, and asks
a terminal only for what it knows.

What Textual writes goes into a Grid; when the last frame is out, the difference to what the terminal shows is the next. Frames that a
slow terminal had no time for are thereby never made. Modes are this driver's alone: mode sequences that Textual writes are dropped.
"""

import asyncio
import codecs
import os
import re
import signal
import sys
import termios
import tty

from textual import events
from textual._xterm_parser import XTermParser
from textual.app import App
from textual.drivers.linux_driver import LinuxDriver
from textual.geometry import Size

from sutra_client import terminal
from widgets.cells import Grid
from widgets.outlet import Outlet
from widgets.paint import Painter

_CLIPBOARD = re.compile(r"\x1b\]52;c;[A-Za-z0-9+/=]*\x07")
_SYNCHRONIZED = re.compile(r"\x1b\[\?2026[hl]")
_WORTH_SYNCHRONIZING = 512
_ESCAPE_SECONDS = 0.15
"""After this silence a lone ESC is the key; XTermParser itself waits 0.1 s."""


class TerminalDriver(LinuxDriver):
    """Subclass it with `facts` for a terminal that is known already; `None` looks at stdout and the environment."""

    facts: terminal.Terminal | None = None

    def __init__(self, app: App[object], *, debug: bool = False, mouse: bool = True, size: tuple[int, int] | None = None) -> None:
        super().__init__(app, debug=debug, mouse=mouse, size=size)
        self._output = sys.__stdout__.fileno() if sys.__stdout__ else 1
        self._facts = self.facts or terminal.look(self._output, os.environ)
        self._grid = Grid(*self._get_terminal_size())
        self._painter = Painter(self._facts)
        self._outlet: Outlet | None = None
        self._synchronizes = False
        self._parser = XTermParser(debug)
        self._decode = codecs.getincrementaldecoder("utf-8")("replace").decode
        self._escape: asyncio.TimerHandle | None = None
        self._reading = False

    def start_application_mode(self) -> None:
        self._outlet = Outlet(self._output, self._facts.speed, self._paint, self._hang_up)
        self._grid = Grid(*self._get_terminal_size())
        self._grid.dirty.clear()
        self._painter.forget()
        self._synchronizes = False
        try:
            self._make_raw()
        except termios.error:
            self._hang_up()
            return
        self._outlet.send(self._modes())
        self._loop.add_signal_handler(signal.SIGWINCH, self._resize)
        self._loop.add_signal_handler(signal.SIGTERM, self._leave, 128 + signal.SIGTERM)
        self._loop.add_signal_handler(signal.SIGHUP, self._leave, 128 + signal.SIGHUP)
        self._loop.add_reader(self.fileno, self._read)
        self._reading = True
        self._resize()
        if self._must_signal_resume:
            self._must_signal_resume = False
            self.send_message(self.SignalResume())

    def disable_input(self) -> None:
        if not self._reading:
            return
        self._reading = False
        self._loop.remove_reader(self.fileno)
        for number in (signal.SIGWINCH, signal.SIGTERM, signal.SIGHUP):
            self._loop.remove_signal_handler(number)
        if self._escape:
            self._escape.cancel()

    def stop_application_mode(self) -> None:
        self.disable_input()
        if self._outlet:
            self._outlet.close(self._farewell())
            self._outlet = None
        if self.attrs_before is not None:
            try:
                termios.tcsetattr(self.fileno, termios.TCSANOW, self.attrs_before)
            except termios.error:
                self.attrs_before = None  # the terminal is gone, there is nothing to give back

    def close(self) -> None:
        """Nothing is left open after stop_application_mode."""

    def write(self, data: str) -> None:
        if self._outlet is None:
            return
        if _SYNCHRONIZED.fullmatch(data):
            self._synchronizes = True
        elif data == "\a" or (_CLIPBOARD.fullmatch(data) and self._facts.level == terminal.FULL):
            if self._outlet.idle:
                self._outlet.send(data.encode())
        elif not data.startswith(("\x1b[?", "\x1b]")):
            self._grid.feed(data)

    def flush(self) -> None:
        self._paint()

    def repaint(self) -> None:
        """Clear the terminal, set its modes and paint all of it again, whatever happened to it meanwhile."""
        self._painter.forget()
        self._grid.dirty.update(range(self._grid.height))
        if self._outlet and self._outlet.idle:
            self._outlet.send(self._modes())
        self._paint()

    def _paint(self) -> None:
        if self._outlet is None or not self._outlet.idle or not self._grid.dirty:
            return
        if frame := self._painter.frame(self._grid):
            if self._synchronizes and len(frame) > _WORTH_SYNCHRONIZING:
                frame = b"\x1b[?2026h" + frame + b"\x1b[?2026l"
            self._outlet.send(frame)

    def _modes(self) -> bytes:
        facts = self._facts
        modes = ["\x1b[?1049h"] if facts.alternate_screen else []
        if facts.hides_cursor:
            modes.append("\x1b[?25l")
        modes.append("\x1b[?7l")
        if facts.mouse and self._mouse:
            modes.append("\x1b[?1000h\x1b[?1006h")
        if facts.level == terminal.FULL:
            modes.append("\x1b[?2004h")
        if facts.queries:
            modes.append("\x1b[?2026$p")
        return "".join(modes).encode()

    def _farewell(self) -> bytes:
        facts = self._facts
        modes = ["\x1b[?2004l"] if facts.level == terminal.FULL else []
        if facts.mouse and self._mouse:
            modes.append("\x1b[?1006l\x1b[?1000l")
        modes.append("\x1b[0m\x1b[?7h")
        modes.append("\x1b[?1049l" if facts.alternate_screen else "\x1b[H\x1b[2J")
        if facts.hides_cursor:
            modes.append("\x1b[?25h")
        return "".join(modes).encode()

    def _make_raw(self) -> None:
        """Keys one at a time; IXON stays as the line's owner set it, so that Ctrl+S holds our output."""
        self.attrs_before = termios.tcgetattr(self.fileno)
        attributes = termios.tcgetattr(self.fileno)
        attributes[tty.LFLAG] = self._patch_lflag(attributes[tty.LFLAG])
        attributes[tty.IFLAG] &= ~(termios.ICRNL | termios.INLCR | termios.IGNCR)
        attributes[tty.CC][termios.VMIN] = 1
        attributes[tty.CC][termios.VTIME] = 0
        termios.tcsetattr(self.fileno, termios.TCSANOW, attributes)

    def _get_terminal_size(self) -> tuple[int, int]:
        columns, rows = terminal.window(self._output)
        return columns or self._facts.columns, rows or self._facts.rows

    def _resize(self) -> None:
        """Textual paints all of it after this; until then there is nothing true to show."""
        size = Size(*self._get_terminal_size())
        self._grid = Grid(*size)
        self._grid.dirty.clear()
        self.send_message(events.Resize(size, size))

    def _read(self) -> None:
        try:
            data = os.read(self.fileno, 4096)
        except OSError:
            data = b""
        if not data:
            self._hang_up()
            return
        for message in self._parser.feed(self._decode(data)):
            self.process_message(message)
        if self._escape:
            self._escape.cancel()
        self._escape = self._loop.call_later(_ESCAPE_SECONDS, self._end_escape)

    def _end_escape(self) -> None:
        self._escape = None
        for message in self._parser.tick():
            self.process_message(message)

    def _hang_up(self) -> None:
        self._leave(128 + signal.SIGHUP)

    def _leave(self, code: int) -> None:
        if self._reading:
            self._loop.remove_reader(self.fileno)
        self._app.exit(return_code=code)
