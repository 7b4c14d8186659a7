"""Containers of podman and docker by the API that both speak, over the sockets of the system and of the user; live by their events."""

import asyncio
import os
import time
from collections.abc import AsyncGenerator
from contextlib import aclosing
from typing import NamedTuple

from msgspec.structs import replace

from services.containers.engine import Socket, absent, presence
from services.containers.rules import Restarts, judge
from services.core.files import of_findings
from services.core.live import Live
from services.core.tree import shown
from sutra_client import errors, events
from sutra_client.errors import SutraError
from sutra_client.gen.containers import Container, Engine
from sutra_client.gen.core import Finding

LEFT_ALONE = 60.0
"""Seconds for which an engine that did not answer in time is not asked again."""
RETRY = 5.0
"""Seconds between two looks for an engine that is not there or does not answer."""
MEASURING = 60.0
"""Seconds between two reckonings of the sizes, while somebody asks for them."""


class State(NamedTuple):
    """All of it at one moment."""

    rows: dict[events.Key, Container]
    findings: dict[events.Key, Finding]
    unseen: list[str]


def sockets() -> list[str]:
    """Where engines have their API sockets, for the system and for this user."""
    paths = ["/run/podman/podman.sock", "/run/docker.sock"]
    own = os.environ.get("XDG_RUNTIME_DIR", "")
    if own.startswith("/"):
        paths += [f"{own}/podman/podman.sock", f"{own}/docker.sock"]
    return paths


def probe(root: str = "/") -> tuple[bool, str]:
    """Fits where a socket is there, whether it answers or not."""
    if root != "/":
        return False, "the container engines of another root do not run: only their sockets could tell"
    found = {path: presence(path) for path in sockets()}
    if any(found.values()):
        return True, f"API socket {' and '.join(shown(path) for path, there in found.items() if there)}"
    hidden = [shown(path) for path, there in found.items() if there is None]
    if hidden:
        return True, f"whether there is an API socket {' or '.join(hidden)} is not for this user to see"
    return False, "; ".join(absent(path) for path in sockets())


def make(root: str = "/") -> "EngineContainers":
    """The backend for this host's engines."""
    return EngineContainers(sockets())


class EngineContainers:
    """Implements the Protocol Containers. An engine that fails hides no other."""

    def __init__(self, paths: list[str]) -> None:
        self.unseen: list[str] = []
        self._sockets = [Socket(path) for path in paths]
        self._restarts = Restarts()
        self._hung: dict[str, tuple[float, SutraError]] = {}
        self._live: Live[State] = Live(self._read, listen=self._listen)
        self._sizes: Live[dict[str, int]] = Live(self._measure, period=MEASURING, bell=self._live.bell)

    async def start(self, keep: bool = False) -> None:
        """Nothing is asked before somebody looks."""

    async def stop(self) -> None:
        """No task or connection is left."""
        await self._live.stop()
        await self._sizes.stop()

    async def get(self, name: str) -> Container:
        """Raises SutraError NOT_FOUND, or INVALID where several begin so."""
        rows = list((await self._read()).rows.values())
        named = [row for row in rows if row.id == name or name in (row.names or [])]
        named = named or [row for row in rows if name and row.id.startswith(name)]
        if not named:
            raise SutraError(errors.NOT_FOUND, f"no container {name}", "`avyctl containers list` names them all")
        if len(named) > 1:
            raise SutraError(errors.INVALID, f"{len(named)} containers are called {name}", "give its id: `avyctl containers list -o wide`")
        return named[0]

    async def engines(self) -> list[Engine]:
        return list(await asyncio.gather(*(socket.described() for socket in self._sockets)))

    async def containers(
        self, where: events.Where = events.NO_WHERE, fields: list[str] = events.NO_FIELDS
    ) -> AsyncGenerator[events.TableEvent[Container], None]:
        """Sizes come when the engine has reckoned them."""
        if "size" not in fields:
            async with aclosing(self._live.rows(lambda state: state.rows)) as stream:
                async for event in stream:
                    yield event
            return
        async with self._sizes.needed(), aclosing(self._live.rows(self._sized)) as stream:
            async for event in stream:
                yield event

    async def findings(
        self, where: events.Where = events.NO_WHERE, fields: list[str] = events.NO_FIELDS
    ) -> AsyncGenerator[events.TableEvent[Finding], None]:
        """`where` is the server's business; no field is optional."""
        async with aclosing(self._live.rows(lambda state: state.findings)) as stream:
            async for event in stream:
                yield event

    def _sized(self, state: State) -> dict[events.Key, Container]:
        known = self._sizes.latest or {}
        return {key: replace(row, size=known.get(row.id)) for key, row in state.rows.items()}

    def _there(self) -> list[Socket]:
        """Each socket once: docker's is often a link to podman's."""
        found: dict[str, Socket] = {}
        for socket in self._sockets:
            if socket.there:
                found.setdefault(os.path.realpath(socket.path), socket)
        return list(found.values())

    async def _read(self) -> State:
        there = self._there()
        if not there:
            looked = ", ".join(shown(socket.path) for socket in self._sockets)
            raise SutraError(errors.UNAVAILABLE, f"no container engine can be asked: {looked} are gone", absent(self._sockets[0].path))
        answered = await asyncio.gather(*(self._asked(socket) for socket in there), return_exceptions=True)
        failed: list[SutraError] = []
        rows: dict[events.Key, Container] = {}
        for answer in answered:
            if isinstance(answer, SutraError):
                failed.append(answer)
            elif isinstance(answer, BaseException):
                raise answer
            else:
                rows |= {(row.id,): row for row in answer}
        if len(failed) == len(there):
            raise failed[0]
        self.unseen = [f"The containers of one engine are unknown: {error.message}." for error in failed]
        hung = [error for error in failed if error.code != errors.DENIED]
        return State(rows, of_findings(judge(list(rows.values()), hung, self._restarts)), self.unseen)

    async def _asked(self, socket: Socket) -> list[Container]:
        """One that hangs is left alone for a while where there are others, whose rows would wait for it each time."""
        until, error = self._hung.get(socket.path, (0.0, None))
        if error is not None and time.monotonic() < until:
            raise error
        try:
            answer = await socket.containers()
        except SutraError as problem:
            if problem.code == errors.TIMEOUT and len(self._there()) > 1:
                self._hung[socket.path] = time.monotonic() + LEFT_ALONE, problem
            raise
        self._hung.pop(socket.path, None)
        return answer

    async def _measure(self) -> dict[str, int]:
        sizes: dict[str, int] = {}
        for answer in await asyncio.gather(*(socket.sizes() for socket in self._there()), return_exceptions=True):
            if isinstance(answer, dict):
                sizes |= answer  # of an engine that fails the rows say so
        return sizes

    async def _listen(self) -> None:
        async with asyncio.TaskGroup() as group:
            for socket in self._sockets:
                group.create_task(self._follow(socket))

    async def _follow(self, socket: Socket) -> None:
        while True:
            try:
                if socket.there:
                    await socket.follow(self._live.nudge)
            except SutraError:
                socket.forget()
                self._live.nudge()  # the rows tell how it is with the engine now
            await asyncio.sleep(RETRY)
