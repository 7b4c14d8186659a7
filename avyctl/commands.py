"""The command line of the screens: one-shots, run as what they are, each in a process of its own."""

import asyncio
import contextlib
import os
import signal
from asyncio.subprocess import DEVNULL, PIPE, STDOUT
from collections.abc import Callable, Sequence

_CHUNK = 65536
_LONGEST = 65536
"""Bytes of a line that are kept together."""
_GRACE = 1.0
"""Seconds that a command gets to end in after SIGINT, as Ctrl+C would have it."""
_COMPLETION_SECONDS = 2.0


class OneShots:
    """`launcher` starts avyctl; `options` stand before every command."""

    def __init__(self, launcher: Sequence[str], options: Sequence[str] = ()) -> None:
        self._launcher = tuple(launcher)
        self._options = tuple(options)

    async def run(self, line: str, say: Callable[[list[str]], None]) -> int:
        """The exit code as a shell has it, 128 and the signal for one that was killed."""
        return await self._run([*self._options, "--no-input", "--color=never", "--exec", line], say)

    async def complete(self, words: list[str]) -> list[str]:
        """Empty as well where completion took too long."""
        found: list[str] = []
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(_COMPLETION_SECONDS):
                await self._run(["__complete", "--plain", "--", *words], found.extend)
        return found

    async def _run(self, words: list[str], say: Callable[[list[str]], None]) -> int:
        try:
            process = await asyncio.create_subprocess_exec(
                *self._launcher, *words, stdin=DEVNULL, stdout=PIPE, stderr=STDOUT, start_new_session=True
            )
        except OSError as error:
            say([f"{self._launcher[0]}: {error.strerror}"])
            return 126
        assert process.stdout is not None
        try:
            await _lines(process.stdout, say)
            code = await process.wait()
        finally:
            if process.returncode is None:
                await _end(process)
        return code if code >= 0 else 128 - code


async def _lines(stream: asyncio.StreamReader, say: Callable[[list[str]], None]) -> None:
    rest = b""
    while chunk := await stream.read(_CHUNK):
        *whole, rest = (rest + chunk).split(b"\n")
        if len(rest) > _LONGEST:
            whole, rest = [*whole, rest], b""
        say([line.decode("utf-8", "backslashreplace") for line in whole])
    if rest:
        say([rest.decode("utf-8", "backslashreplace")])


async def _end(process: asyncio.subprocess.Process) -> None:
    process.send_signal(signal.SIGINT)
    try:
        async with asyncio.timeout(_GRACE):
            await process.wait()
    except TimeoutError:
        with contextlib.suppress(ProcessLookupError):
            os.killpg(process.pid, signal.SIGKILL)
        await process.wait()
