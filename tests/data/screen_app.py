"""A program for the driver's tests: a counter, a flood on `f`, a hostile line, quit on `q`. Run with the project's root as its argument."""

import sys

sys.path.insert(0, sys.argv[1])

from textual.app import App, ComposeResult

from widgets.driver import TerminalDriver
from widgets.lines import Lines


class ScreenApp(App[None]):
    BINDINGS = [("q", "quit"), ("f", "flood"), ("c", "count"), ("h", "hostile"), ("l", "repaint")]
    number = 0

    @property
    def driver(self) -> TerminalDriver:
        assert isinstance(self._driver, TerminalDriver)
        return self._driver

    def compose(self) -> ComposeResult:
        yield Lines([(("ready", "strong"),)] * 20)

    def on_mount(self) -> None:
        self.tell("count 0")

    def tell(self, words: str) -> None:
        self.query_one(Lines).show([((words, "strong"),)] * 20)

    def action_count(self) -> None:
        self.number += 1
        self.tell(f"count {self.number}")

    def action_flood(self) -> None:
        self.set_interval(0.005, lambda: self.tell(f"flood {self.number} " + "xyz"[self.number % 3] * 60 if self.next() else ""))

    def next(self) -> bool:
        self.number += 1
        return True

    def action_hostile(self) -> None:
        self.driver.write("\x1b[5;1H\x1b]52;c;aGk=\x07\x1b[2Jhostile")
        self.driver.write("\x1b]0;title\x07")
        self.driver.flush()

    def action_repaint(self) -> None:
        self.driver.repaint()


ScreenApp(driver_class=TerminalDriver).run()
