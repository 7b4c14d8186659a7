"""Picks the backend of a service: the first technology that fits this host, with the reason of every one that was looked at."""

import importlib
import os
import time
from collections.abc import Callable
from typing import Protocol, cast

from sutra_client import errors
from sutra_client.errors import SutraError
from sutra_client.gen import core


class Backend(Protocol):
    """What every backend has besides the Protocol of its service."""

    unseen: list[str]
    """What it cannot see as this user, a sentence each."""

    async def start(self, keep: bool = False) -> None:
        """Called once before use; `keep` when it outlives its readers and so should gather history."""

    async def stop(self) -> None:
        """Leaves no task, thread, process or fd behind."""


class Technology(Protocol):
    """A backend's module, services/<name>/<technology>.py."""

    @staticmethod
    def probe(root: str) -> tuple[bool, str]:
        """Whether it fits the host below `root`, and why."""

    @staticmethod
    def make(root: str) -> Backend: ...


def choose(service: str, version: str, technologies: tuple[str, ...], root: str = "/") -> tuple[Backend, Callable[[], core.About]]:
    """The backend, not started yet, and what `about` answers; raises SutraError UNSUPPORTED that names all that was looked for."""
    candidates: list[core.Candidate] = []
    for name in technologies:
        technology = cast(Technology, importlib.import_module(name))
        fits, reason = technology.probe(root)
        candidates.append(core.Candidate(name.rpartition(".")[2], fits, reason))
        if fits:
            backend = technology.make(root)
            return backend, _about(service, version, candidates, backend)
    looked = "; ".join(f"{candidate.name}: {candidate.reason}" for candidate in candidates)
    raise SutraError(errors.UNSUPPORTED, f"{service}: nothing on this host provides it: {looked}")


def _about(service: str, version: str, candidates: list[core.Candidate], backend: Backend) -> Callable[[], core.About]:
    started = time.time_ns() // 1000
    chosen = candidates[-1]
    process = os.geteuid(), os.getpid(), started
    return lambda: core.About(service, version, chosen.name, chosen.reason, candidates, backend.unseen, *process)
