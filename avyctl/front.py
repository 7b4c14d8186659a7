"""avyctl for a person at a terminal: the screen, or line mode where no screen can be drawn."""

import asyncio
import gc
import os
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from avyctl.commands import OneShots
from avyctl.reach import Reach
from avyctl.wiring import connected
from sutra_client.gen.system import SystemClient
from sutra_client.output import write
from sutra_client.terminal import LINE, look


def run(
    *,
    line: bool = False,
    embedded: bool = False,
    root: str = "",
    read_only: bool = False,
    theme: str = "",
    color: str = "auto",
    pane: str = "",
) -> int:
    """The exit code. Without `line`, stdin and stdout have to be a terminal; a dumb one gets line mode all the same.

    `theme` is one of options.THEMES, or empty for what suits the terminal; `color` "never" is the same as NO_COLOR;
    `pane` is the one to begin with, by its name, else the first; `root` is another root than / to look at, in this process.
    """
    terminal = look(sys.stdout.fileno(), os.environ)
    if line or terminal.level == LINE:
        return _run_line(embedded, root or "/", terminal.utf8)
    if color == "never":
        terminal = terminal._replace(colours=0)
    gc.disable()  # of what importing makes nothing is garbage; looking for it costs 7 % of the start
    from avyctl.app import run as screen

    gc.freeze()
    gc.enable()
    options = [name for name, given in (("--embedded", embedded), ("--read-only", read_only), (f"--root={root}", root)) if given]
    commands = OneShots((sys.executable, "-IS", sys.argv[0]), options)

    async def open_it() -> int:
        async with Reach(embedded, root or "/") as reach:
            await reach.connection("system").opened()  # what cannot be reached is said before the screen is taken
            return await screen(reach, commands, terminal, read_only=read_only, theme=theme, pane=pane)

    return asyncio.run(open_it())


def _run_line(embedded: bool, root: str, utf8: bool) -> int:
    try:
        return asyncio.run(_line(embedded, root, utf8))
    except KeyboardInterrupt:
        write("\n")
        raise


async def _line(embedded: bool, root: str, utf8: bool) -> int:
    from avyctl import line

    async with _system(embedded, root) as (system, you):
        return await line.run(system, you, sys.stdin, write, utf8=utf8)


@asynccontextmanager
async def _system(embedded: bool, root: str) -> AsyncIterator[tuple[SystemClient, str]]:
    async with connected("system", embedded, root) as connection:
        peer = connection.link.welcome.peer
        yield SystemClient(connection), "·".join([peer.user, *peer.roles[-1:]])
