"""A program for the tests of slow and silent terminals: every line changes all the time, and a pipe says how streams and timers do.

Arguments: the project's root, the pipe's descriptor, the line's speed in bits/s (0: none), seconds between changes.
Keys: `k` writes the count of its presses in the last line, `s` stops the changes, `q` quits.
"""

import asyncio
import os
import socket
import sys

sys.path.insert(0, sys.argv[1])

from textual.app import App, ComposeResult

from sutra_client import terminal
from widgets.driver import TerminalDriver
from widgets.lines import Lines

PIPE, SPEED, PERIOD = int(sys.argv[2]), int(sys.argv[3]), float(sys.argv[4])
REPORT = 0.1


class Driver(TerminalDriver):
    facts = terminal.look(1, os.environ)._replace(speed=SPEED)


class SlowScreen(App[None]):
    BINDINGS = [("q", "quit"), ("k", "key"), ("s", "stop")]
    changes = timers = messages = keys = 0
    stopped = False

    def compose(self) -> ComposeResult:
        yield Lines([((" ", ""),)] * 22, id="changing")
        yield Lines([(("keys 0", ""),)], id="keys")

    def on_mount(self) -> None:
        self.set_interval(PERIOD, self.change)
        self.set_interval(REPORT, self.report)
        self.run_worker(self.stream())

    def change(self) -> None:
        if not self.stopped:
            self.changes += 1
            self.query_one("#changing", Lines).show([((f"{self.changes} " + "xyz"[self.changes % 3] * 60, "strong"),)] * 22)

    async def stream(self) -> None:
        ours, theirs = socket.socketpair()
        reader, _writer = await asyncio.open_connection(sock=ours)
        _, echo = await asyncio.open_connection(sock=theirs)
        while True:
            echo.write(b"event\n")
            await reader.readline()
            self.messages += 1
            await asyncio.sleep(0.01)

    def report(self) -> None:
        self.timers += 1
        with open("/proc/self/statm") as file:
            pages = int(file.read().split()[1])
        line = f"{self.changes} {self.timers} {self.messages} {pages * 4} {self.keys}\n"
        os.write(PIPE, line.encode())

    def action_key(self) -> None:
        self.keys += 1
        self.query_one("#keys", Lines).show([((f"keys {self.keys}", ""),)])

    def action_stop(self) -> None:
        self.stopped = True
        self.query_one("#changing", Lines).show([((f"stopped at {self.changes}", ""),)] * 22)


SlowScreen(driver_class=Driver).run()
