"""What a test may not leave behind: tasks, threads, child processes, open files, temporary files, mounts and network namespaces."""

import asyncio
import contextlib
import ctypes
import os
import signal
import threading
import time
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TypeVar

K = TypeVar("K", int, str)

GRACE = 1.0
"""Seconds that something which is on its way out (a thread that returns, a child that was killed) gets to be gone."""

PR_SET_CHILD_SUBREAPER = 36
_NETNS = "/run/netns"


def adopt_orphans() -> None:
    """From now on a grandchild whose parent dies becomes this process' child, so that what daemonized itself is seen too."""
    if ctypes.CDLL(None, use_errno=True).prctl(PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0) != 0:
        raise OSError(ctypes.get_errno(), "prctl(PR_SET_CHILD_SUBREAPER)")


@dataclass(frozen=True)
class Traces:
    """What exists at one moment. Keys identify, values describe; subtracting two of these shows what is new."""

    threads: dict[int, str]
    children: dict[int, str]
    fds: dict[int, str]
    files: dict[str, str]
    mounts: dict[str, str]
    namespaces: dict[str, str]

    @classmethod
    def now(cls, *folders: Path) -> "Traces":
        """`folders` are where temporary files would be; of them all but pytest's own is looked at."""
        return cls(
            {thread.ident or 0: thread.name for thread in threading.enumerate()},
            children(),
            open_files(),
            {entry.path: "" for folder in folders for entry in _scan(str(folder)) if not entry.name.startswith("pytest-of-")},
            mounts(),
            {entry.path: "" for entry in _scan(_NETNS)},
        )

    def beyond(self, before: "Traces") -> list[str]:
        """One line for each thing that was not there before."""
        return [
            *_new("thread", before.threads, self.threads),
            *_new("child process", before.children, self.children),
            *_new("open file", before.fds, self.fds),
            *_new("temporary file", before.files, self.files),
            *_new("mount", before.mounts, self.mounts),
            *_new("network namespace", before.namespaces, self.namespaces),
        ]


def left_behind(before: Traces, *folders: Path, grace: float = GRACE) -> list[str]:
    """What is new since `before`, after `grace` seconds at most; empty at once where nothing is."""
    deadline = time.monotonic() + grace
    while (left := Traces.now(*folders).beyond(before)) and time.monotonic() < deadline:
        time.sleep(0.005)
    return left


async def unfinished_tasks(grace: float = GRACE) -> list[str]:
    """Tasks of the running loop other than the one that asks; those that are being cancelled get `grace` seconds."""
    others = asyncio.all_tasks() - {asyncio.current_task()}
    if others:
        _, others = await asyncio.wait(others, timeout=grace)
    left = [f"task {task.get_name()} {task.get_coro()}" for task in others]
    for task in others:
        task.cancel()
    return left


def clean_up(before: Traces) -> None:
    """Ends the processes that are new since `before`, so that one test's leak does not fail the next."""
    for pid in children().keys() - before.children.keys():
        with contextlib.suppress(ProcessLookupError):
            os.kill(pid, signal.SIGKILL)
        with contextlib.suppress(ChildProcessError):
            os.waitpid(pid, 0)


def children() -> dict[int, str]:
    """Direct children with their command names, those that ended and were not waited for included.

    A child that ended in a session of its own is reaped here: it is mostly an adopted orphan, which init would have reaped.
    """
    found: dict[int, str] = {}
    for task in _scan("/proc/self/task"):
        for pid in map(int, _read(f"{task.path}/children").split()):
            # pid (comm) state ppid pgrp session ...; comm may hold spaces and parentheses
            comm, _, rest = _read(f"/proc/{pid}/stat").partition("(")[2].rpartition(")")
            fields = rest.split()
            if not fields:
                continue
            if fields[0] == "Z" and int(fields[3]) != os.getsid(0):
                with contextlib.suppress(ChildProcessError):
                    os.waitpid(pid, os.WNOHANG)
                continue
            found[pid] = comm + (" (ended, not waited for)" if fields[0] == "Z" else "")
    return found


def open_files() -> dict[int, str]:
    found: dict[int, str] = {}
    for name in os.listdir("/proc/self/fd"):
        # The listing's own descriptor is gone by now.
        with contextlib.suppress(OSError):
            found[int(name)] = os.readlink(f"/proc/self/fd/{name}")
    return found


def mounts() -> dict[str, str]:
    """Mount id and parent to mount point and type, in this mount namespace."""
    found: dict[str, str] = {}
    for line in _read("/proc/self/mountinfo").splitlines():
        fields = line.split()
        found[fields[0]] = fields[4]
    return found


def _new(kind: str, before: Mapping[K, str], now: Mapping[K, str]) -> list[str]:
    return [f"{kind} {key} {text}".rstrip() for key, text in now.items() if before.get(key) != text]


def _scan(folder: str) -> list[os.DirEntry[str]]:
    try:
        with os.scandir(folder) as entries:
            return list(entries)
    except FileNotFoundError:
        return []


def _read(path: str) -> str:
    try:
        with open(path, encoding="utf-8", errors="backslashreplace") as file:
            return file.read()
    except (FileNotFoundError, ProcessLookupError):
        return ""
