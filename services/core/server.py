"""One service at one endpoint: accepts, counts its sessions, and stops without cutting a call short."""

import asyncio
import os
import socket
import time
from collections.abc import Callable

from services.core import listen
from services.core.bound import Bound
from services.core.builtin import Builtin
from services.core.limits import Users
from services.core.peer import Peer
from services.core.session import Session
from sutra_client import errors, runtime
from sutra_client.errors import SutraError
from sutra_client.gen import core
from sutra_client.version import VERSION

STOP_SECONDS = 2.0
"""What calls in flight get to end in, when the service stops."""


class Server:
    """`backend` implements the service's Protocol; `users` is shared by all servers of a process."""

    version = VERSION

    def __init__(self, service: runtime.Service, backend: object, about: Callable[[], core.About], users: Users | None = None) -> None:
        self.service = service
        self.users = users or Users()
        self.sessions: set[Session] = set()
        self.stopping = False
        self.bound = Bound(service, backend)
        self.bound.add(core.SERVICE, Builtin(self, about))
        self.started = time.time_ns() // 1000
        self._joined = 0
        self._listener: asyncio.Server | None = None
        self._path = ""
        self._identity: tuple[int, int] | None = None

    def joined(self, session: Session) -> None:
        self._joined += 1
        session.number = self._joined
        self.sessions.add(session)

    def session(self, who: Peer | None = None) -> Session:
        """A protocol for a transport that was made elsewhere: a socket pair, or pipes with `who` is behind them."""
        return Session(self, who)

    async def listen(self, folder: str) -> None:
        """Serves at folder/id; raises SutraError."""
        listening = listen.endpoint(folder, self.service.id)
        self._path = os.path.join(folder, self.service.id)
        self._identity = listen.identity(self._path)
        await self.accept(listening)

    async def accept(self, listening: socket.socket) -> None:
        """Serves on a socket that listens already, as LISTEN_FDS hands over."""
        self._listener = await asyncio.get_running_loop().create_unix_server(self.session, sock=listening)

    async def stop(self) -> None:
        """Accepts no more, lets calls end, says goodbye to every client and removes the socket."""
        if self._path and listen.identity(self._path) == self._identity:
            os.unlink(self._path)
        self.stopping = True
        if self._listener is not None:
            self._listener.close()
        running = [task for session in self.sessions for task in session.tasks]
        if running:
            await asyncio.wait(running, timeout=STOP_SECONDS)
        sessions = list(self.sessions)
        for session in sessions:
            session.goodbye(SutraError(errors.UNAVAILABLE, f"{self.service.id} stops", "try again when it is back"))
        for task in running:
            task.cancel()
        await asyncio.gather(*running, *(session.closed for session in sessions), return_exceptions=True)
        if closing := self.bound.tasks:
            await asyncio.wait(closing, timeout=STOP_SECONDS)
