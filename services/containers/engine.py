"""One container engine behind its API socket: podman, or docker."""

import asyncio
import os
import shutil
import time
from collections.abc import Awaitable, Callable
from contextlib import aclosing
from typing import Any, NamedTuple
from urllib.parse import quote

from services.containers import answers
from services.containers.answers import Inspected, Listed
from services.core import unix_http
from services.core.tree import shown
from sutra_client import errors
from sutra_client.errors import SutraError
from sutra_client.gen.containers import Container, Engine

MOST_INSPECTED = 1000
"""Containers that are asked about one by one; of the others only what the list tells is known."""
AT_ONCE = 8
PATIENCE = 10.0
"""Seconds for one answer."""
MEASURING = 300.0
"""Seconds for the answer with sizes."""
SYSTEMD = "/run/systemd/system"
"""Is there where systemd runs; without it an engine is started in another way."""
_FILTER = quote('{"type":["container"]}')


class Known(NamedTuple):
    """A container that was asked about, and its state in the list at that time."""

    state: tuple[str | None, str]
    inspected: Inspected | None


class Socket:
    """The engine at one path; what it said of a container is kept until an event names it."""

    def __init__(self, path: str) -> None:
        self.path = path
        self._name = self._version = ""
        self._known: dict[str, Known] = {}

    @property
    def there(self) -> bool:
        """Whether something is at the path, or may be where this user cannot look."""
        return presence(self.path) is not False

    @property
    def uid(self) -> int:
        """Whose it is; raises SutraError UNAVAILABLE when it is gone, DENIED when this user may not look."""
        try:
            return os.stat(self.path).st_uid
        except PermissionError as error:
            own = "systemctl --user enable --now podman.socket" if os.path.isdir(SYSTEMD) else "podman system service --time=0"
            hint = f"try as root, or run an engine of your own: {own}"
            raise SutraError(errors.DENIED, f"{shown(self.path)} may not be looked at by this user", hint) from error
        except OSError as error:
            raise SutraError(errors.UNAVAILABLE, f"{shown(self.path)}: {error.strerror}") from error

    async def containers(self) -> list[Container]:
        """All of them. Raises SutraError."""
        uid = self.uid
        await self._introduce()
        listing: Awaitable[list[Listed]] = self._ask("/containers/json?all=true", list[Listed])
        listed, pods = await asyncio.gather(listing, self._pods())
        turns = asyncio.Semaphore(AT_ONCE)
        known = await asyncio.gather(*(self._look(each, turns) for each in listed[:MOST_INSPECTED]))
        self._known = {each.id: about for each, about in zip(listed, known, strict=False)}
        engine = f"{self._name} {shown(self.path)}"
        return [answers.container(each, self._inspected(each.id), uid, engine, pods.get(each.id)) for each in listed]

    async def sizes(self) -> dict[str, int]:
        """Bytes that each container wrote, by id. Takes the engine as long as it takes to walk them."""
        listed: list[Listed] = await self._ask("/containers/json?all=true&size=true", list[Listed], MEASURING)
        # A size of 0 is left out of the answer.
        return {each.id: max(0, each.size_rw or 0) for each in listed}

    async def follow(self, changed: Callable[[], None]) -> None:
        """Calls `changed` at each event of a container, with what was known of it forgotten. Raises SutraError when they end."""
        # `since` makes up for what happens while the engine has not begun to answer.
        target = f"/events?since={int(time.time())}&filters={_FILTER}"
        async with aclosing(unix_http.lines(self.path, target, PATIENCE)) as lines:
            async for line in lines:
                if line.strip():
                    event: answers.Event = answers.decoded(line, answers.Event, f"{shown(self.path)}: /events")
                    self._known.pop(event.actor.id, None)
                    changed()
        raise SutraError(errors.UNAVAILABLE, f"{shown(self.path)}: the engine stopped telling its events")

    async def described(self) -> Engine:
        """Never raises: what is wrong stands in the row."""
        if not self.there:
            return Engine(os.fsencode(self.path), problem=absent(self.path))
        uid: int | None = None
        try:
            uid = self.uid
            self._name = ""
            await self._introduce()
        except SutraError as error:
            return Engine(os.fsencode(self.path), uid=uid, problem=f"{error.message}; {error.hint}" if error.hint else error.message)
        return Engine(os.fsencode(self.path), self._name, self._version or None, uid)

    def forget(self) -> None:
        """Everything is asked anew."""
        self._known.clear()
        self._name = ""

    def _inspected(self, identity: str) -> Inspected | None:
        known = self._known.get(identity)
        return known.inspected if known else None

    async def _introduce(self) -> None:
        if self._name:
            return
        version: answers.Version = await self._ask("/version", answers.Version)
        podman = any("podman" in part.name.lower() for part in version.components or [])
        self._name, self._version = "podman" if podman else "docker", version.version or ""

    async def _look(self, listed: Listed, turns: asyncio.Semaphore) -> Known:
        # In parentheses stands the health, or the exit code.
        state = (listed.state, (listed.status or "").partition("(")[2].partition(")")[0])
        known = self._known.get(listed.id)
        if known is not None and known.state == state:
            return known
        async with turns:
            reply = await unix_http.get(self.path, f"/containers/{quote(listed.id, safe='')}/json", PATIENCE)
        if reply.status != 200:
            return Known(state, None)  # it went away since it was listed
        return Known(state, answers.decoded(reply.body, Inspected, f"{shown(self.path)}: a container"))

    async def _pods(self) -> dict[str, str]:
        """Name of the pod by the id of a container in it; docker has none."""
        if self._name != "podman":
            return {}
        pods: list[answers.Pod] = await self._ask("/v4.0.0/libpod/pods/json", list[answers.Pod])
        return {member.id: pod.name for pod in pods for member in pod.containers or [] if pod.name}

    async def _ask(self, target: str, kind: Any, seconds: float | None = None) -> Any:
        reply = await unix_http.get(self.path, target, seconds or PATIENCE)
        if reply.status != 200:
            said = reply.body[:200].decode("utf-8", "backslashreplace").strip()
            raise SutraError(errors.FAILED, f"{shown(self.path)}: {target} was answered with status {reply.status}: {said}")
        return answers.decoded(reply.body, kind, f"{shown(self.path)}: {target}")


def presence(path: str) -> bool | None:
    """Whether there is something at the path; None where this user may not look."""
    try:
        os.lstat(path)
    except PermissionError:
        return None
    except OSError:
        return False
    return True


def absent(path: str) -> str:
    """Why there is no socket there, and what would make one."""
    program = "docker" if "docker" in path else "podman"
    if shutil.which(program) is None:
        return f"{shown(path)} is absent, and {program} is not installed"
    said = f"{program} is installed, but its API socket {shown(path)} is absent"
    if not os.path.isdir(SYSTEMD):
        return f"{said}: {'podman system service --time=0' if program == 'podman' else 'dockerd'} listens there while it runs"
    user = "" if path.startswith(("/run/podman/", "/run/docker")) else "--user "
    return f"{said}: systemctl {user}enable --now {program}.socket"
