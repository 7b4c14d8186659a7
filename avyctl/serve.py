"""`avyctl serve [NAME...]`: runs services at their endpoints until it is told to stop."""

import asyncio
import os
import signal
import socket
import sys
from contextlib import AsyncExitStack

from avyctl.wiring import TECHNOLOGIES, Hosted
from services.core import listen
from services.core.limits import Users
from sutra_client import endpoint, errors
from sutra_client.errors import SutraError
from sutra_client.text import display


def main(names: list[str]) -> int:
    """Serves the named services, or all that this host can have; 0 after SIGTERM or SIGINT. Raises SutraError."""
    unknown = [name for name in names if name not in TECHNOLOGIES]
    if unknown:
        raise SutraError(errors.INVALID, f"serve: no service named {', '.join(unknown)}", f"there are: {' '.join(TECHNOLOGIES)}")
    asyncio.run(_serve(names))
    return 0


async def _serve(names: list[str]) -> None:
    stop = asyncio.Event()
    loop = asyncio.get_running_loop()
    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, stop.set)
    handed = listen.inherited()
    users = Users()
    async with AsyncExitStack() as stack:
        for name in names or list(TECHNOLOGIES):
            try:
                server = await stack.enter_async_context(Hosted(name, keep=True, users=users))
            except SutraError as error:
                if names or error.code != errors.UNSUPPORTED:
                    raise
                print(f"avyctl: {name} is not served: {display(error.message)}", file=sys.stderr)
                continue
            if server.service.id in handed:
                await server.accept(handed.pop(server.service.id))
                where = "on the socket that was handed over"
            else:
                folder = endpoint.own_directory()
                listen.directory(folder)
                await server.listen(folder)
                where = f"at {folder}/{server.service.id}"
            print(f"avyctl: {name} serves {where}", file=sys.stderr)
        if handed:
            raise SutraError(errors.INVALID, f"LISTEN_FDNAMES: {', '.join(handed)}: no service of that name is served here")
        _notify(b"READY=1")
        await stop.wait()
        _notify(b"STOPPING=1")


def _notify(state: bytes) -> None:
    """sd_notify(3); without a NOTIFY_SOCKET nobody waits for it."""
    path = os.environ.get("NOTIFY_SOCKET", "")
    if path[:1] in ("/", "@"):
        with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM | socket.SOCK_CLOEXEC) as notify:
            try:
                notify.sendto(state, path.replace("@", "\0", 1) if path[0] == "@" else path)
            except OSError as error:
                print(f"avyctl: NOTIFY_SOCKET={path}: {error.strerror}", file=sys.stderr)
