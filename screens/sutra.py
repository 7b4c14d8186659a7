"""Sutra: every endpoint of this host, who serves it and how busy it is; from here any service can be used, with a pane or without."""

from collections.abc import AsyncIterator, Iterable, Sequence
from typing import Any, ClassVar

from screens.list_pane import ListPane
from screens.sutra_service import SutraServiceScreen
from sutra_client.actions import Action
from sutra_client.text import NIL
from widgets.columns import Column
from widgets.lines import Part
from widgets.prose import Paragraph


def count(value: object) -> str:
    """A number that may not be known."""
    return NIL if value is None else str(value)


def rate(value: object) -> str:
    """Something a second."""
    return f"{value:.1f}" if isinstance(value, float) else NIL


class SutraScreen(ListPane):
    """Lists endpoints; Enter opens one."""

    NAME = "sutra"
    TITLE = "Sutra"
    KEY = ("service", "path")
    ACTIONS: ClassVar[tuple[Action, ...]] = (
        Action("enter_service", "enter", "open", "the methods and streams of the service under the cursor, to be used"),
        Action("open", "d", "details", "all that is known of the endpoint under the cursor"),
    )

    def stream(self) -> AsyncIterator[Any]:
        return self.shell.services.endpoints()

    def columns(self) -> Sequence[Column]:
        return (
            Column("service", "service", str, least=22, most=40, priority=0),
            Column("state", "state", str, least=6, most=12, priority=1),
            Column("backend", "backend", count, least=6, most=16, priority=3),
            Column("peers", "peers", count, True, 5, 6, 2),
            Column("rate", "calls/s", rate, True, 7, 9, 2),
            Column("errors", "errors", count, True, 6, 8, 2),
            Column("owner", "uid", count, True, 4, 10, 4),
            Column("path", "endpoint", lambda path: str(path) or "in this process", least=12, most=80, priority=5),
        )

    def summary(self, rows: Iterable[Any]) -> Sequence[Part]:
        states = [row.state for row in rows]
        served = sum(state == "ok" for state in states)
        wrong = sum(state in ("refuses", "distrusted") for state in states)
        parts: list[Part] = [(f"{len(states)} services, {served} at an endpoint", "")]
        return [*parts, (f", {wrong} cannot be used", "error")] if wrong else parts

    def nothing(self) -> str:
        return "No service is at an endpoint; `avyctl info` says where avyctl looks."

    def tone(self, row: Any) -> str:
        return "error" if row.state in ("refuses", "distrusted") else "dim" if row.state == "shadowed" else ""

    def detail(self, row: Any) -> Sequence[Paragraph]:
        lines: list[Paragraph] = [(" ", row.service), (" at    ", row.path or "this process"), (" state ", row.state)]
        if row.reason:
            lines.append((" why   ", row.reason))
        if row.calls is not None:
            lines.append((" calls ", f"{row.calls} since it started, {row.errors} of them answered with an error, {row.peers} connected"))
        return lines

    def words(self) -> Sequence[str]:
        return ("sutra",)

    def choose(self) -> None:
        self.action_enter_service()

    def action_enter_service(self) -> None:
        row = self.row
        if row is None:
            return
        if row.state in ("refuses", "distrusted"):
            self.action_open()
            return
        self.app.push_screen(SutraServiceScreen(self.shell, row.service, row.path))


SCREEN = SutraScreen
