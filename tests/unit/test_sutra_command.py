"""`avyctl sutra`: which services there are and who uses them; of one, what there is to call and whether one may."""

import json
import tempfile
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest

from avyctl import exec as front_door
from fakes import FakeExample, thing
from gen import example
from oneshots import avyctl
from serving import server
from sutra_client.connection import Connection
from sutra_client.transport import unix


@pytest.fixture
async def folder() -> AsyncIterator[str]:
    """$SUTRA_DIR with a service that works and one that is dead."""
    with tempfile.TemporaryDirectory() as made:
        running = server(FakeExample((thing("a"),)))
        await running.listen(made)
        (Path(made) / "dev.example.file").write_text("")
        yield made
        await running.stop()


async def rows(folder: str, *words: str) -> list[dict[str, Any]]:
    ended = await avyctl(folder, "sutra", *words, "-o", "json")
    assert (ended.code, ended.err) == (0, b"")
    told: list[dict[str, Any]] = json.loads(ended.out)
    return told


async def test_every_endpoint_is_listed_with_who_uses_it_or_what_is_wrong(folder: str) -> None:
    path = f"{folder}/{example.SERVICE.id}"
    async with Connection(example.SERVICE, unix(path)) as connection:
        await example.ExampleClient(connection).get("a")
        lamps, dead = await rows(folder)
    assert (lamps["service"], lamps["state"], lamps["endpoint"], lamps["backend"]) == (example.SERVICE.id, "ok", path, "fake")
    assert (lamps["peers"], lamps["errors"], lamps["reason"]) == (1, 0, None) and lamps["calls"] >= 1 and lamps["owner"]
    assert (dead["service"], dead["state"], dead.get("calls")) == ("dev.example.file", "distrusted", None)
    assert "is not a socket" in dead["reason"]


@pytest.mark.parametrize("name", ["dev.avyctl.example", f"./{example.SERVICE.id}"])
async def test_all_methods_and_streams_of_one_are_listed_with_whether_one_may(folder: str, name: str) -> None:
    members = {row["name"]: row for row in await rows(folder, name.replace("./", f"{folder}/"))}
    assert set(members) == {call.name for call in example.SERVICE.calls} | {stream.name for stream in example.SERVICE.streams}
    assert (members["forget"]["allowed"], members["forget"]["role"], members["forget"]["kind"]) == (True, "admin", "call")
    assert (members["things"]["verb"], members["things"]["kind"], members["things"]["reason"]) == ("list", "table", None)


async def test_the_table_says_yes_and_what_each_does(folder: str) -> None:
    ended = await avyctl(folder, "sutra", example.SERVICE.id)
    title, first, *_ = ended.out.decode().splitlines()
    assert title.split() == ["name", "kind", "role", "you", "may", "why", "doc"]
    assert first.split()[:6] == ["get", "call", "reader", "yes", "-", "One"]


@pytest.mark.parametrize(
    ("words", "said"),
    [(["a", "b"], "takes one word at most"), (["dev.example.none"], "no such service"), (["-w"], "-w does not go with sutra")],
)
async def test_what_cannot_be_listed_is_refused_with_the_reason(folder: str, words: list[str], said: str) -> None:
    ended = await avyctl(folder, "sutra", *words)
    assert ended.code in (2, 7) and said in ended.err.decode() and ended.out == b""


@pytest.mark.parametrize(
    ("argv", "term", "pane"),
    [
        (["sutra"], "xterm", "sutra"),
        ([], "xterm", ""),
        (["--theme=mono", "sutra"], "linux", "sutra"),
        (["sutra"], "dumb", None),
        (["sutra", "-j"], "xterm", None),
    ],
)
def test_alone_on_a_terminal_it_opens_its_screen(argv: list[str], term: str, pane: str | None, monkeypatch: pytest.MonkeyPatch) -> None:
    opened: list[str] = []
    printed: list[list[str]] = []

    def front(*, pane: str, **_: object) -> int:
        opened.append(pane)
        return 0

    monkeypatch.setenv("TERM", term)
    monkeypatch.setattr("sutra_client.output.is_terminal", lambda fd: True)
    monkeypatch.setattr("avyctl.front.run", front)
    monkeypatch.setattr(front_door, "run", lambda words, *_: printed.append(words))
    if pane is None:
        assert front_door.main(argv) == 0
    else:
        with pytest.raises(SystemExit) as ended:
            front_door.main(argv)
        assert ended.value.code == 0
    assert (opened, printed) == ([] if pane is None else [pane], [["sutra"]] if pane is None else [])
