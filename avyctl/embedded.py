"""A service inside a one-shot: its server runs in a thread, and the one-shot holds the other end of a socket pair.

So a one-shot has one code path, the blocking client, whether a service runs or not.
"""

import asyncio
import socket
import threading
from concurrent.futures import Future

from avyctl.wiring import Hosted
from sutra_client.blocking import late


class Loop:
    """The thread's event loop; services live until the process ends."""

    def __init__(self) -> None:
        self._loop = asyncio.new_event_loop()
        threading.Thread(target=self._loop.run_forever, name="embedded services", daemon=True).start()
        self._hosted: dict[tuple[str, str], Hosted] = {}

    def connect(self, stem: str, root: str, seconds: float | None) -> int:
        """Starts the service at its first use, within `seconds`; the file descriptor is the caller's."""
        ours, theirs = socket.socketpair()
        started: Future[None] = asyncio.run_coroutine_threadsafe(self._serve(stem, root, theirs), self._loop)
        try:
            started.result(seconds)
        except TimeoutError:
            ours.close()
            theirs.close()
            raise late(f"{stem} (embedded)") from None
        except BaseException:
            ours.close()
            theirs.close()
            raise
        return ours.detach()

    async def _serve(self, stem: str, root: str, theirs: socket.socket) -> None:
        hosted = self._hosted.get((stem, root))
        if hosted is None:
            hosted = Hosted(stem, root)
            await hosted.__aenter__()
            self._hosted[stem, root] = hosted
        await self._loop.create_unix_connection(hosted.server.session, sock=theirs)


_running: list[Loop] = []


def connect(stem: str, root: str = "/", seconds: float | None = None) -> int:
    """A socket's file descriptor with the service at its other end; raises SutraError when no backend fits this host."""
    if not _running:
        _running.append(Loop())
    return _running[0].connect(stem, root, seconds)
