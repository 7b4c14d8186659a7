"""Line mode as its tests meet it: all services are fakes over a real server, the words come through a pipe."""

import asyncio
import importlib
import io
import os
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager

from avyctl.line.interrupts import Interrupts
from avyctl.line.mode import LineMode
from avyctl.line.paper import Paper
from avyctl.line.reader import LineReader
from avyctl.reach import Reach
from avyctl.wiring import service
from services.core.server import Server
from serving import about
from sutra_client import errors, schema
from sutra_client.errors import SutraError
from sutra_client.transport import Connect, memory
from watching import Said

QUIET: dict[str, object] = {
    stem: SutraError(errors.UNSUPPORTED, f"dev.avyctl.{stem}: nothing on this host provides it: fake: the test has none")
    for stem, _ in schema.nouns().values()
    if stem != "system"
}
"""A host that has nothing but the system service."""


class Host(Reach):
    """The services of a host: backends by stem, or the error that says why it has none; fakes for the rest. Each is asked for once."""

    def __init__(self, backends: dict[str, object]) -> None:
        super().__init__()
        self._backends = backends

    async def way(self, stem: str) -> Connect:
        backend = self._backends.get(stem)
        if isinstance(backend, SutraError):
            raise backend
        if backend is None:
            backend = getattr(importlib.import_module(f"services.{stem}.fake"), f"Fake{stem.title()}")()
        server = Server(service(stem), backend, about)
        self._stack.push_async_callback(server.stop)
        return memory(server.session)

    def you(self) -> str:
        return "root·admin"


class Output(io.StringIO):
    """What was written, and the news that more was."""

    def __init__(self) -> None:
        super().__init__()
        self.more = asyncio.Event()

    def write(self, text: str) -> int:
        self.more.set()
        return super().write(text)


class Talk:
    """A conversation that a test types into; `shown` is all that was written by now."""

    def __init__(self, output: Output, typing: int, commands: Said, task: "asyncio.Task[int]") -> None:
        self.commands = commands
        self._output = output
        self._typing = typing
        self._task = task

    @property
    def shown(self) -> str:
        return self._output.getvalue()

    def type(self, words: str) -> None:
        os.write(self._typing, words.encode("utf-8", "surrogateescape"))

    async def until(self, holds: Callable[[str], bool]) -> None:
        async with asyncio.timeout(10):
            while not holds(self.shown):
                assert not self._task.done(), self.shown
                self._output.more.clear()
                await self._output.more.wait()

    async def end(self) -> int:
        """Ends the input, unless it has ended; the exit code."""
        if self._typing >= 0:
            os.close(self._typing)
            self._typing = -1
        return await self._task


@asynccontextmanager
async def talking(
    backends: dict[str, object], *, terminal: bool = False, utf8: bool = True, size: tuple[int, int] = (0, 0), seconds: float = 10.0
) -> AsyncIterator[Talk]:
    reading, typing = os.pipe()
    output = Output()
    commands = Said()
    paper = Paper(output.write, utf8=utf8, size=lambda: size)
    async with Host(backends) as host:
        mode = LineMode(host, commands, paper, LineReader(reading), terminal=terminal, seconds=seconds)

        async def talk() -> int:
            with Interrupts() as interrupts:
                return await mode.talk(interrupts)

        conversation = Talk(output, typing, commands, asyncio.create_task(talk()))
        try:
            yield conversation
        finally:
            await conversation.end()
            os.close(reading)


async def said(
    words: str,
    backends: dict[str, object] | None = None,
    *,
    utf8: bool = True,
    size: tuple[int, int] = (0, 0),
    seconds: float = 10.0,
) -> str:
    """All that is written when this comes through a pipe."""
    async with talking(backends or {}, utf8=utf8, size=size, seconds=seconds) as talk:
        talk.type(words)
        assert await talk.end() == 0
        return talk.shown


def answers(shown: str) -> list[str]:
    """What was written at each prompt, the first prompt's answer first."""
    parts = shown.split("\navyctl")[1:]
    return [part.partition("> ")[2].lstrip("\n") for part in parts]
