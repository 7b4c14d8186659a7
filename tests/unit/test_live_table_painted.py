"""What a live table has painted is what it would paint anew, whatever happened to its rows."""

import os
import random
from typing import cast

import msgspec
import pytest
from rich.segment import Segment
from textual.app import App, ComposeResult
from textual.geometry import Region

from sutra_client.events import Key
from widgets.columns import Column
from widgets.live_table import LiveTable
from widgets.rows import Rows, rank

Cell = tuple[str, object]


class Task(msgspec.Struct, frozen=True):
    pid: int
    parent: int
    name: str
    state: str
    cpu: float | None


def tone(state: object) -> str:
    return "error" if state == "dead" else "ok" if state == "runs" else ""


COLUMNS = (
    Column("pid", "pid", str, right=True, least=3, most=6, priority=0),
    Column("name", "name", str, least=4, most=12, priority=1, grow=True),
    Column("state", "state", lambda state: str(state)[0], least=1, most=5, priority=2, tone=tone),
    Column("cpu", "cpu", lambda cpu: "-" if cpu is None else f"{cpu:.1f}", right=True, least=3, most=6, priority=3),
)
NAMES = ("a", "b10", "b9", "日本語", "e\u0301", "a-rather-long-name-of-a-task", "\x1b[31m", "")
FILTERS = ("", "b", "state:runs", "cpu>1", "!a", "日", "nothing-like-it", "cpu>1 !b")


class Screen(LiveTable):
    """Keeps what a terminal would show: only what was asked to be painted again is."""

    def __init__(self) -> None:
        self.shown: list[list[Cell]] = []
        self.asked: list[Region] | None = None
        super().__init__(COLUMNS, ("pid",), tone=lambda row: "warning" if cast(Task, row).cpu == 3.0 else "")

    def refresh(self, *regions: Region, repaint: bool = True, layout: bool = False, recompose: bool = False) -> "Screen":
        if repaint and not regions:
            self.asked = None
        elif self.asked is not None:
            self.asked += regions
        return super().refresh(*regions, repaint=repaint, layout=layout, recompose=recompose)

    def cells(self, y: int) -> list[Cell]:
        return [(char, segment.style) for segment in cast("list[Segment]", list(self.render_line(y))) for char in wide(segment.text)]

    def paint(self) -> None:
        if self.asked is None or len(self.shown) != self.size.height:
            self.shown = [self.cells(y) for y in range(self.size.height)]
        else:
            for region in self.asked:
                for y in range(region.y, region.bottom):
                    self.shown[y][region.x : region.right] = self.cells(y)[region.x : region.right]
        self.asked = []

    def anew(self) -> list[list[Cell]]:
        self._strips.clear()
        for key in self.rows.all_keys():
            self._cells.forget(key)
        return [self.cells(y) for y in range(self.size.height)]


def wide(text: str) -> list[str]:
    """One item for each cell of a text."""
    found: list[str] = []
    for char in text:
        if char == "\u0301":
            found[-1] += char
        else:
            found += [char, ""] if char in "日本語" else [char]
    return found


class ScreenApp(App[None]):
    def compose(self) -> ComposeResult:
        yield Screen()


class Story:
    """Random events and keys, and the rows that must be there after them."""

    def __init__(self, seed: int, table: Screen) -> None:
        self.random = random.Random(seed)
        self.table = table
        self.tasks: dict[int, Task] = {}
        self.sorting: tuple[str, bool] | None = None
        self.words = ""
        self.is_tree = False
        self.folded: set[Key] = set()

    def task(self) -> Task:
        pick = self.random
        return Task(
            pick.randrange(40),
            pick.randrange(45),
            pick.choice(NAMES),
            pick.choice(("runs", "rests", "dead")),
            pick.choice((None, 1.0, 2.5, 3.0)),
        )

    def step(self) -> bool:
        """Whether the user may have moved the cursor."""
        action = self.random.choice(
            (self.load, self.change, self.change, self.change, self.drop, self.sort, self.filter, self.tree, self.fold, self.go)
        )
        action()
        return action == self.go

    def load(self) -> None:
        if self.random.random() < 0.3:
            tasks = [self.task() for _ in range(self.random.randrange(40))]
            self.tasks = {task.pid: task for task in tasks}
            self.folded &= {(pid,) for pid in self.tasks}
            self.table.load(tasks)

    def change(self) -> None:
        tasks = [self.task() for _ in range(self.random.choice((1, 2, 50)))]
        self.tasks |= {task.pid: task for task in tasks}
        self.table.change(tasks)

    def drop(self) -> None:
        pids = {self.random.randrange(40) for _ in range(self.random.randrange(5))}
        for pid in pids:
            self.tasks.pop(pid, None)
        self.folded -= {(pid,) for pid in pids}
        self.table.drop([(pid,) for pid in pids])

    def sort(self) -> None:
        self.sorting = (self.random.choice(("pid", "name", "state", "cpu")), self.random.random() < 0.5)
        self.table.sort_by(*self.sorting)

    def filter(self) -> None:
        self.words = self.random.choice(FILTERS)
        self.table.filter_text(self.words)

    def tree(self) -> None:
        self.is_tree = not self.is_tree
        self.folded.clear()
        self.table.as_tree((lambda row: (cast(Task, row).parent,)) if self.is_tree else None)

    def fold(self) -> None:
        key = self.table.cursor_key
        if key is not None and self.table.rows.folded(key) is not None and not self.words:
            self.table.fold(key, key not in self.folded)
            self.folded ^= {key}

    def go(self) -> None:
        self.random.choice(
            (
                lambda: self.table.action_move(self.random.randrange(-9, 9)),
                lambda: self.table.action_edge(self.random.randrange(2)),
                self.table.action_mark,
                self.table.mark_all,
                self.table.unmark_all,
                lambda: self.table.age(self.random.random() < 0.5),
                lambda: self.table.scroll_to(y=self.random.randrange(30), animate=False, immediate=True),
            )
        )()

    def expected(self) -> Rows:
        """The same, freshly loaded in the order in which the rows came."""
        rows = Rows(("pid",))
        if self.sorting:
            field, descending = self.sorting
            rows.sort(lambda row: rank(getattr(row, field)), descending)
        rows.filter(self.table.rows._accepts)
        rows.load(self.tasks.values())
        rows.arrange(cast("object", self.table.rows._parent))  # type: ignore[arg-type]
        for key in self.folded:
            rows.fold(key, True)
        return rows


@pytest.mark.parametrize("size", [(60, 12), (20, 3), (9, 2), (120, 40)])
@pytest.mark.parametrize("seed", range(int(os.environ.get("STORIES", "4"))))
async def test_nothing_stale_stays_painted(seed: int, size: tuple[int, int]) -> None:
    app = ScreenApp()
    async with app.run_test(size=size) as pilot:
        table = app.query_one(Screen)
        table.focus()
        await pilot.pause()
        story = Story(seed, table)
        for number in range(80):
            before = table.cursor_key
            went = story.step()
            expected = story.expected()
            assert table.rows.lines(0, 99) == expected.lines(0, 99)
            if not table._moved:
                assert table.cursor_key == (expected.key_at(0) if len(expected) else None)
            elif before is not None and expected.line(before) is not None and not went:
                assert table.cursor_key == before
            assert table.marked <= {(pid,) for pid in story.tasks}
            if number % 7 == 0:
                await pilot.pause()
            table.paint()
            assert all(len(line) == size[0] for line in table.shown)
            for painted, anew in zip(table.shown, table.anew(), strict=True):
                assert painted == anew
