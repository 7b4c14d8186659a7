"""Textual's terminal driver, replaced at its own hook (`App(driver_class=...)`): it sends the cells that differ, never blocks, and asks
a terminal only for what it knows.

What Textual writes goes into a Grid; when the last frame is out, the difference to what the terminal shows is the next. Frames that a
slow terminal had no time for are thereby never made. Modes are this driver's alone: mode sequences that Textual writes are dropped.
"""

import asyncio
import contextlib
import errno
import os
import re
import signal
import sys
import termios
import tty

from textual import events
from textual.app import App
from textual.drivers.linux_driver import LinuxDriver
from textual.geometry import Size
from textual.message import Message

from sutra_client import terminal
from widgets.cells import Grid
from widgets.harmless import Harmless
from widgets.outlet import Outlet
from widgets.pace import Pace
from widgets.paint import Painter
from widgets.typed import Typed

_CLIPBOARD = re.compile(r"\x1b\]52;c;[A-Za-z0-9+/]+=*\x07")
_SYNCHRONIZED = re.compile(r"\x1b\[\?2026[hl]")
_WORTH_SYNCHRONIZING = 512
_ESCAPE_SECONDS = 0.15
"""After this silence a lone ESC is the key."""
_PASTE_SECONDS = 5.0
"""After this silence a paste has lost its end."""
_PIECE = 1024
"""Bytes of input that are taken before the app has answered those before."""
_MANY = 32
"""Keys in one piece after which the app is let work before the next: what is typed faster waits in the kernel."""
_LARGEST = (1000, 500)
"""Columns and rows that are drawn; what a terminal claims beyond is left alone."""


class TerminalDriver(LinuxDriver):
    """Subclass it with `facts` for a terminal that is known already; `None` looks at stdout and the environment."""

    facts: terminal.Terminal | None = None

    def __init__(self, app: App[object], *, debug: bool = False, mouse: bool = True, size: tuple[int, int] | None = None) -> None:
        super().__init__(app, debug=debug, mouse=mouse, size=size)
        self._output = sys.__stdout__.fileno() if sys.__stdout__ else 1
        self._facts = self.facts or terminal.look(self._output, os.environ)
        self._grid = Grid(*self._get_terminal_size())
        self._grid.dirty.clear()
        self._painter = Painter(self._facts)
        self._outlet: Outlet | None = None
        self._pace = Pace(self._facts.speed)
        self._rested: asyncio.TimerHandle | None = None
        self._synchronizes = False
        self._modes_due = False
        self._typed = Typed()
        self._silence: asyncio.TimerHandle | None = None
        self._reading = False
        self._sized = False
        app._filters.append(Harmless())
        for number in (signal.SIGTSTP, signal.SIGCONT):
            signal.signal(number, signal.SIG_DFL)  # LinuxDriver's would run in the middle of a frame

    def start_application_mode(self) -> None:
        try:
            self._come_to_the_front()
        except termios.error:
            self._hang_up()
            return
        self._outlet = Outlet(self._output, self._facts.speed, self._paint, self._hang_up)
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
        self._loop.add_signal_handler(signal.SIGTSTP, self._stop)
        self._loop.add_signal_handler(signal.SIGCONT, self._continue)
        self._loop.add_reader(self.fileno, self._read)
        self._reading = True
        if self._sized:
            self._grid.dirty.update(range(self._grid.height))
        self._resize()
        if self._must_signal_resume:
            self._must_signal_resume = False
            self.send_message(self.SignalResume())
        self._paint()

    def disable_input(self) -> None:
        if not self._reading:
            return
        self._reading = False
        self._loop.remove_reader(self.fileno)
        for number in (signal.SIGWINCH, signal.SIGTERM, signal.SIGHUP, signal.SIGTSTP, signal.SIGCONT):
            self._loop.remove_signal_handler(number)
        for timer in (self._silence, self._rested):
            if timer:
                timer.cancel()
        self._silence = self._rested = None

    def stop_application_mode(self) -> None:
        self.disable_input()
        if self._outlet:
            self._outlet.close(self._farewell())
            self._outlet = None
        if self.attrs_before is not None:
            with contextlib.suppress(termios.error):  # the terminal is gone, there is nothing to give back
                termios.tcsetattr(self.fileno, termios.TCSANOW, self.attrs_before)
            self.attrs_before = None

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
            self._pace.draw(self._grid, data)

    def flush(self) -> None:
        self._paint()

    def repaint(self) -> None:
        """Clear the terminal, set its modes and paint all of it again, whatever happened to it meanwhile."""
        self._painter.forget()
        self._grid.dirty.update(range(self._grid.height))
        self._modes_due = True
        self._paint()

    def _paint(self) -> None:
        if self._outlet is None or not self._outlet.idle or not self._grid.dirty:
            return
        answers = self._pace.answers(self._grid)
        if not answers and (rest := self._pace.rest()):
            if self._rested is None:
                self._rested = self._loop.call_later(rest, self._has_rested)
            return
        modes = self._modes() if self._modes_due else b""
        self._modes_due = False
        if frame := modes + self._painter.frame(self._grid, answers or None, self._pace.most):
            if self._synchronizes and len(frame) > _WORTH_SYNCHRONIZING:
                frame = b"\x1b[?2026h" + frame + b"\x1b[?2026l"
            self._pace.sent(self._grid, len(frame))
            self._outlet.send(frame)

    def _has_rested(self) -> None:
        self._rested = None
        self._paint()

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

    def _come_to_the_front(self) -> None:
        """In the background of a shell, be stopped here until it is brought to the front: this does nothing but ask for the right."""
        while True:
            try:
                termios.tcflow(self.fileno, termios.TCOON)
                return
            except termios.error as error:
                if error.args[0] != errno.EINTR:
                    raise

    def _stop(self) -> None:
        """Ctrl+Z from the shell's point of view."""
        self.suspend_application_mode()
        os.kill(os.getpid(), signal.SIGTSTP)
        self._must_signal_resume = True
        self.resume_application_mode()

    def _continue(self) -> None:
        """Stopped by what no program notices: the terminal may have been anyone's meanwhile."""
        try:
            self._come_to_the_front()
            self._make_raw()
        except termios.error:
            self._hang_up()
            return
        self._resize()
        self.repaint()

    def _make_raw(self) -> None:
        """Keys one at a time; IXON stays as the line's owner set it, so that Ctrl+S holds our output."""
        if self.attrs_before is None:
            self.attrs_before = termios.tcgetattr(self.fileno)
        attributes = termios.tcgetattr(self.fileno)
        attributes[tty.LFLAG] = self._patch_lflag(attributes[tty.LFLAG])
        attributes[tty.IFLAG] &= ~(termios.ICRNL | termios.INLCR | termios.IGNCR)
        attributes[tty.CC][termios.VMIN] = 1
        attributes[tty.CC][termios.VTIME] = 0
        termios.tcsetattr(self.fileno, termios.TCSANOW, attributes)

    def _get_terminal_size(self) -> tuple[int, int]:
        columns, rows = terminal.window(self._output)
        return min(columns or self._facts.columns, _LARGEST[0]), min(rows or self._facts.rows, _LARGEST[1])

    def _resize(self) -> None:
        """Textual paints all of it at a new size; until then there is nothing true to show."""
        size = Size(*self._get_terminal_size())
        if self._sized and (self._grid.width, self._grid.height) == size:
            return
        self._sized = True
        self._grid = Grid(*size)
        self._grid.dirty.clear()
        self.send_message(events.Resize(size, size))

    def _read(self) -> None:
        try:
            data = os.read(self.fileno, _PIECE)
        except (BlockingIOError, InterruptedError):
            return
        except OSError:
            data = b""
        if not data:
            self._hang_up()
            return
        self._pace.key()
        messages = [*self._typed.feed(data)]
        for message in messages:
            self.process_message(message)
        if len(messages) > _MANY:
            self._loop.remove_reader(self.fileno)
            self._app.call_later(self._read_on)
        if self._silence:
            self._silence.cancel()
            self._silence = None
        if self._typed.unfinished or self._typed.pasting:
            self._silence = self._loop.call_later(_PASTE_SECONDS if self._typed.pasting else _ESCAPE_SECONDS, self._end_silence)

    def _read_on(self) -> None:
        if self._reading:
            self._loop.add_reader(self.fileno, self._read)

    def _end_silence(self) -> None:
        self._silence = None
        for message in self._typed.end_paste() if self._typed.pasting else self._typed.silence():
            self.process_message(message)

    def send_message(self, message: Message) -> None:
        """Without a task for each key."""
        self._loop.call_soon_threadsafe(self._app.post_message, message)

    def _hang_up(self) -> None:
        self._leave(128 + signal.SIGHUP)

    def _leave(self, code: int) -> None:
        if self._reading:
            self._loop.remove_reader(self.fileno)
        self._app.exit(return_code=code)
