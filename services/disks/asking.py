"""How full mounts are: statvfs in a child with a deadline, replaced when it hangs."""

import asyncio
import os
import sys
import time
from asyncio.subprocess import DEVNULL, PIPE, Process
from collections.abc import Callable, Mapping
from pathlib import Path

from services.core.kernel import Usage

DEADLINE = 2.0
"""Seconds that a file system has to answer."""
AGAIN = 60.0
"""Seconds before one that hung is asked again."""
MOST_LOST = 4
"""Children that may be stuck in the kernel at a time; when so many are, mounts that hung are not asked again."""
PARTING = 1.0
_WORKER = str(Path(__file__).with_name("worker.py"))


class Asking:
    """Asks one mount after the other; a child exists only between the first question and stop()."""

    def __init__(self, worker: list[str] | None = None, deadline: float = DEADLINE) -> None:
        self.known: dict[bytes, Usage] = {}
        self.problems: dict[bytes, str] = {}
        """Mount point -> why it could not be asked."""
        self.hung: dict[bytes, float] = {}
        """Mount point -> when it was asked last, by the monotonic clock."""
        self._numbers: dict[bytes, int] = {}
        self._worker = worker or [sys.executable, "-IS", _WORKER]
        self._deadline = deadline
        self._child: Process | None = None
        self._lost: list[Process] = []

    @property
    def unseen(self) -> list[str]:
        """Sentences on what is not asked any more."""
        if len(self._alive()) < MOST_LOST:
            return []
        return [
            f"{MOST_LOST} processes are stuck in file systems that do not answer; those are not asked again before one of them is free."
        ]

    async def ask(self, paths: Mapping[bytes, int], anew: bool, answered: Callable[[], None]) -> None:
        """Mount points with the numbers of their mounts, in order; those that answered before only when `anew`.

        `answered` is called after each that hung, and at the end.
        """
        # Another mount over a mount point has nothing to do with what is known of the one below.
        for path in [path for path, number in self._numbers.items() if paths.get(path) != number]:
            self._forget(path)
        self._numbers = dict(paths)
        # What hung before comes last, so that it delays no other.
        for path in sorted(paths, key=lambda path: path in self.hung):
            if not anew and path not in self.hung and (path in self.known or path in self.problems):
                continue
            if path in self.hung and (time.monotonic() - self.hung[path] < AGAIN or self.unseen):
                continue
            if not await self._ask(path):
                answered()
        answered()

    async def stop(self) -> None:
        """No child is left but one that is stuck in the kernel, which ends when the kernel lets it."""
        if self._child is not None:
            self._lose(self._child)
        lost, self._lost = self._lost, []
        for child in lost:
            try:
                async with asyncio.timeout(PARTING):
                    await child.wait()
            except TimeoutError:
                continue

    async def _ask(self, path: bytes) -> bool:
        """Whether it answered."""
        try:
            child = self._child = self._child or await self._start()
        except OSError as error:
            self.problems[path] = f"the process that asks could not be started: {error.strerror}"
            return True
        assert child.stdin is not None and child.stdout is not None
        try:
            async with asyncio.timeout(self._deadline):
                child.stdin.write(path.hex().encode() + b"\n")
                await child.stdin.drain()
                line = await child.stdout.readline()
        except TimeoutError:
            self._lose(child)
            self.hung[path] = time.monotonic()
            self.known.pop(path, None)
            self.problems[path] = f"it did not answer within {self._deadline:g} s"
            return False
        except (BrokenPipeError, ConnectionResetError):
            line = b""
        except asyncio.CancelledError:
            self._lose(child)  # its answer would be taken for that of the next question
            raise
        self.hung.pop(path, None)
        self._take(path, child, line.split())
        return True

    def _take(self, path: bytes, child: Process, words: list[bytes]) -> None:
        self.known.pop(path, None)
        self.problems.pop(path, None)
        if len(words) == 2 and words[0] == b"E" and words[1].isdigit():
            self.problems[path] = os.strerror(int(words[1]))
        elif len(words) == 5 and all(word.isdigit() for word in words):
            self.known[path] = Usage(*map(int, words))
        else:
            self._lose(child)
            self.problems[path] = "the process that asks it ended or made no sense"

    def _forget(self, path: bytes) -> None:
        self.known.pop(path, None)
        self.problems.pop(path, None)
        self.hung.pop(path, None)

    async def _start(self) -> Process:
        return await asyncio.create_subprocess_exec(*self._worker, stdin=PIPE, stdout=PIPE, stderr=DEVNULL, start_new_session=True)

    def _lose(self, child: Process) -> None:
        self._child = None
        if child.stdin is not None:
            child.stdin.close()
        if child.returncode is None:
            child.kill()
        self._lost = [*self._alive(), child]

    def _alive(self) -> list[Process]:
        return [child for child in self._lost if child.returncode is None]
