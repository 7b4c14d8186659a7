"""Line mode on a terminal that can do nothing, as expect would use it: wait for a text, type a line."""

import asyncio
import tempfile
from collections.abc import AsyncIterator, Iterator

import pytest

from oneshots import LAUNCHER, environment
from ptys import Terminal
from services.core.server import Server
from services.init.fake import FakeInit, service
from serving import about
from sutra_client import schema
from sutra_client.gen import init


class Expect:
    """What came since the last text that was waited for; every byte that comes is printable, or moves to the next line."""

    def __init__(self, terminal: Terminal) -> None:
        self.terminal = terminal
        self._at = 0

    def wait(self, text: str) -> str:
        """All that came before that text, and it."""
        self.terminal.read_until(lambda: text.encode() in self.terminal.received[self._at :])
        start, self._at = self._at, self.terminal.received.index(text.encode(), self._at) + len(text)
        return self.terminal.received[start : self._at].decode()

    def ask(self, line: str, prompt: str) -> str:
        """What is answered to a line, its echo first."""
        self.terminal.type(line + "\n")
        return self.wait(prompt)

    def assert_only_lines(self) -> None:
        shown = self.terminal.received.decode()
        assert all(char in "\r\n" or char.isprintable() for char in shown), repr(shown)


@pytest.fixture
def expect() -> Iterator[Expect]:
    """On this very machine, with no service running."""
    with tempfile.TemporaryDirectory() as folder:
        variables = environment(folder, {"TERM": "dumb", "LANG": "C.UTF-8"})
        with Terminal(["-IS", LAUNCHER, "--embedded"], (80, 24), variables) as terminal:
            yield Expect(terminal)


def test_every_noun_is_listed_or_explained(expect: Expect) -> None:
    expect.wait("avyctl> ")
    for noun in schema.nouns():
        answer = expect.ask(noun, "> ")
        assert " 1  " in answer or "There are none." in answer or "nothing on this host provides it" in answer, answer
        expect.ask("home", "avyctl> ")
    expect.ask("quit", "quit")
    expect.terminal.seconds_to_end()
    assert expect.terminal.code == 0
    expect.assert_only_lines()


def test_pages_and_details_of_this_machines_own_processes(expect: Expect) -> None:
    expect.wait("avyctl> ")
    answer = expect.ask("processes avyctl", "avyctl processes> ")
    assert "--embedded" in answer or "avyctl" in answer.split("\n", 1)[1]
    told = expect.ask("1", "avyctl processes> ")
    assert "more lines: Enter or next" in told and len(told.splitlines()) <= 25
    assert told.splitlines()[2] not in expect.ask("", "avyctl processes> ")
    expect.ask("system status --columns os -o json", '"os":')
    expect.terminal.type("\x04")
    expect.terminal.seconds_to_end()
    assert expect.terminal.code == 0
    expect.assert_only_lines()


def test_ctrl_c_ends_a_command_that_goes_on_for_ever(expect: Expect) -> None:
    expect.wait("avyctl> ")
    expect.ask("processes list -w --columns pid", "snapshot")
    assert "avyctl> " not in expect.ask("", "snapshot"), "it is still at work"
    expect.terminal.type("\x03")
    expect.wait("interrupted\r\navyctl> ")
    expect.ask("quit", "quit")
    expect.terminal.seconds_to_end()
    assert expect.terminal.code == 0


class Silent(FakeInit):
    """Takes the question about one service and never answers it."""

    def __init__(self) -> None:
        super().__init__([service("quiet.service")])
        self.asked = asyncio.Event()

    async def get(self, name: str, scope: str = "system") -> init.Detail:
        self.asked.set()
        await asyncio.Event().wait()
        raise AssertionError


@pytest.fixture
async def silent() -> AsyncIterator[tuple[Silent, str]]:
    backend = Silent()
    server = Server(init.SERVICE, backend, about)
    with tempfile.TemporaryDirectory() as folder:
        await server.listen(folder)
        yield backend, folder
        await server.stop()


async def test_ctrl_c_gives_up_what_hangs_and_twice_at_the_prompt_leaves(silent: tuple[Silent, str]) -> None:
    backend, folder = silent
    with Terminal(["-IS", LAUNCHER], env=environment(folder, {"TERM": "dumb", "LANG": "C.UTF-8"})) as terminal:
        expect = Expect(terminal)
        await asyncio.to_thread(expect.wait, "avyctl> ")
        await asyncio.to_thread(expect.ask, "services", "avyctl services> ")
        terminal.type("1\n")
        await backend.asked.wait()
        terminal.type("\x03")
        assert "interrupted\r\n" in await asyncio.to_thread(expect.wait, "avyctl services> ")
        terminal.type("half a line\x03")
        assert "again, or quit" in await asyncio.to_thread(expect.wait, "avyctl services> ")
        terminal.type("\x03")
        await asyncio.to_thread(terminal.seconds_to_end)
        assert terminal.code == 130
        expect.assert_only_lines()
