"""A program that writes lines, run as a child in a session of its own, read no faster than somebody wants its lines."""

import asyncio
import signal
from asyncio.subprocess import DEVNULL, PIPE

from sutra_client import errors
from sutra_client.errors import SutraError

CHUNK = 65_536
LONGEST = 1 << 20
"""Bytes of a line; a longer one is left out and counted."""
PARTING = 2.0
"""Seconds that a killed child is waited for."""
MOST_WORDS = 2000
"""Characters of what it says on stderr."""
_ENVIRONMENT = {"PATH": "/usr/sbin:/usr/bin:/sbin:/bin", "LC_ALL": "C.UTF-8"}


class Lines:
    """`async with` starts and ends the child; raises SutraError UNAVAILABLE when it cannot be run."""

    def __init__(self, argv: list[str]) -> None:
        self._argv = argv
        self._child: asyncio.subprocess.Process | None = None
        self._errors: asyncio.Task[bytes] | None = None
        self._rest = b""
        self._skipping = False

    async def __aenter__(self) -> "Lines":
        try:
            self._child = await asyncio.create_subprocess_exec(
                *self._argv, stdin=DEVNULL, stdout=PIPE, stderr=PIPE, env=_ENVIRONMENT, start_new_session=True, limit=CHUNK
            )
        except OSError as error:
            raise SutraError(errors.UNAVAILABLE, f"{self._argv[0]} cannot be run: {error.strerror}") from error
        self._errors = asyncio.create_task(self._gather())
        return self

    async def __aexit__(self, *exception: object) -> None:
        assert self._child is not None and self._errors is not None
        if self._child.returncode is None:
            try:
                self._child.send_signal(signal.SIGKILL)
            except ProcessLookupError:
                pass  # it ended by itself just now
        self._errors.cancel()
        await asyncio.wait([self._errors])
        try:
            async with asyncio.timeout(PARTING):
                await self._child.wait()
        except TimeoutError:
            pass  # it sleeps in the kernel and dies when it wakes; nobody waits for that
        # A grandchild that holds the pipes would keep them open here too.
        self._child._transport.close()  # type: ignore[attr-defined]

    async def part(self) -> tuple[list[bytes], int] | None:
        """(lines, how many were too long) as they come; None when the child closed its output."""
        assert self._child is not None and self._child.stdout is not None
        data = await self._child.stdout.read(CHUNK)
        return self._split(data) if data else None

    async def ended(self) -> tuple[int, str]:
        """(exit code, what it said on stderr)."""
        assert self._child is not None and self._errors is not None
        said = await self._errors
        code = await self._child.wait()
        return code, said.decode("utf-8", "backslashreplace").strip()

    def _split(self, data: bytes) -> tuple[list[bytes], int]:
        *lines, self._rest = (self._rest + data).split(b"\n")
        lost = 0
        if self._skipping and lines:
            del lines[0]
            self._skipping = False
        if self._skipping:
            self._rest = b""
        elif len(self._rest) > LONGEST:
            self._rest, self._skipping, lost = b"", True, 1
        return lines, lost

    async def _gather(self) -> bytes:
        assert self._child is not None and self._child.stderr is not None
        said = b""
        while data := await self._child.stderr.read(CHUNK):
            said = (said + data)[:MOST_WORDS]
        return said
