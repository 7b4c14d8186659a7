"""Line mode: the same host in numbered lines and a prompt, for a dumb terminal, a braille reader, expect or a pipe.

Nothing but printable text and newlines is written, ever.
"""

import asyncio
import os
import time
from collections.abc import AsyncGenerator, AsyncIterator, Callable
from errno import EIO
from typing import TextIO, TypeVar

from sutra_client import overview_text as words
from sutra_client.errors import SutraError
from sutra_client.events import Samples, Snapshot
from sutra_client.gen.core import Finding
from sutra_client.gen.system import Sample, System
from sutra_client.glyphs import ASCII, twin
from sutra_client.text import display, escape

E = TypeVar("E")

_PROMPT = "avyctl home> "
_HELP = (
    "list     this host, and what needs attention",
    "NUMBER   all about that finding",
    "help     these lines",
    "quit     leave; so does the end of input",
)


class LineReader:
    """Lines of a terminal, a pipe or a file, without holding up the event loop."""

    def __init__(self, descriptor: int) -> None:
        self._descriptor = descriptor
        self._rest = b""
        self._ended = False

    async def line(self) -> str | None:
        """The next line without its end; None after the last."""
        while b"\n" not in self._rest and not self._ended:
            data = await self._read()
            self._ended = not data
            self._rest += data
        if not self._rest:
            return None
        found, _, self._rest = self._rest.partition(b"\n")
        return found.decode("utf-8", "replace").strip()

    async def _read(self) -> bytes:
        loop = asyncio.get_running_loop()
        readable = asyncio.Event()
        try:
            loop.add_reader(self._descriptor, readable.set)
        except PermissionError:
            return self._got()  # a regular file cannot be waited for, and never makes us wait
        try:
            await readable.wait()
        finally:
            loop.remove_reader(self._descriptor)
        return self._got()

    def _got(self) -> bytes:
        """A terminal that is gone has come to its end."""
        try:
            return os.read(self._descriptor, 65536)
        except OSError as error:
            if error.errno != EIO:
                raise
            return b""


class LineMode:
    """One conversation; `findings` are numbered as they were last listed."""

    def __init__(self, system: System, you: str, write: Callable[[str], object], *, echoes: bool = True, utf8: bool = True) -> None:
        """`echoes`: what is typed is seen, its end too."""
        self._system = system
        self._you = you
        self._write = write
        self._echoes = echoes
        self._utf8 = utf8
        self._findings: list[Finding] = []

    async def talk(self, reader: LineReader) -> int:
        """Until quit or the end of input. The exit code."""
        await self._answer("list")
        while True:
            self._write(_PROMPT)
            line = await reader.line()
            if line is None or not self._echoes:
                self._write("\n")
            if line is None or line in ("quit", "q"):
                return 0
            await self._answer(line)

    async def _answer(self, line: str) -> None:
        try:
            match line:
                case "" | "list" | "home":
                    await self._list()
                case "help" | "?":
                    self._say(*_HELP)
                case _ if line.isdecimal() and 0 < int(line[:9]) <= len(self._findings):
                    self._say(*words.detail(self._findings[int(line) - 1], time.time()))
                case _:
                    self._say(f"no such command or number: {line}", "help tells which there are; a one-shot runs outside: avyctl NOUN VERB")
        except SutraError as error:
            # what cannot be written raises again here, and ends it
            self._say(f"error: {error.message}", *([error.hint] if error.hint else []))

    async def _list(self) -> None:
        status = await self._system.status()
        self._findings = await _snapshot(self._system.findings())
        _, state, _ = words.health(self._findings, ASCII)
        self._say("  ".join(word for word in (status.hostname, status.os, state, words.uptime(status.uptime), self._you) if word))
        sample = await _newest(self._system.samples(None))
        if sample is not None:
            self._say(f"cpu {words.processor(sample, ASCII)}", f"mem {words.memory(sample)}")
            self._say(f"net {words.network(sample, status, ASCII)}", f"disk {words.disk(sample)}")
        self._say(*words.machine(status), "", *status.unseen)
        if not self._findings:
            self._say("Nothing needs attention.")
        for number, finding in enumerate(self._findings, 1):
            self._say(f"{number:2}  {finding.severity}  {finding.object}  {finding.evidence}")

    def _say(self, *lines: str) -> None:
        shown = [twin(display(line)) for line in lines]
        if not self._utf8:
            shown = ["".join(char if char.isascii() else escape(char) for char in line) for line in shown]
        self._write("".join(f"{line}\n" for line in shown))


async def run(system: System, you: str, source: TextIO, write: Callable[[str], object], *, utf8: bool = True) -> int:
    """The exit code. `write` writes at once, and what it raises is the end."""
    mode = LineMode(system, you, write, echoes=source.isatty(), utf8=utf8)
    return await mode.talk(LineReader(source.fileno()))


async def _snapshot(stream: AsyncIterator[E]) -> list[Finding]:
    rows: list[Finding] = []
    async for event in _until_closed(stream):
        if isinstance(event, Snapshot):
            rows += event.rows
            if not event.more:
                break
    return rows


async def _newest(stream: AsyncIterator[E]) -> Sample | None:
    async for event in _until_closed(stream):
        if isinstance(event, Samples) and event.rows:
            newest: Sample = event.rows[-1]
            return newest
    return None


async def _until_closed(stream: AsyncIterator[E]) -> AsyncIterator[E]:
    try:
        async for event in stream:
            yield event
    finally:
        if isinstance(stream, AsyncGenerator):
            await stream.aclose()
