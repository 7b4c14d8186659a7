"""avyctl for a person at a terminal: the screen, or line mode where no screen can be drawn."""

import asyncio
import gc
import os
import sys

from avyctl.commands import OneShots
from avyctl.reach import Reach
from sutra_client import errors
from sutra_client.errors import SutraError
from sutra_client.output import is_terminal, write
from sutra_client.terminal import LINE, look, window


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
    where = [option for option, given in (("--embedded", embedded), (f"--root={root}", root)) if given]
    commands = OneShots((sys.executable, "-IS", sys.argv[0]), [*where, "--read-only"] if read_only else where)
    if line or terminal.level == LINE:
        return _run_line(commands, embedded, root or "/", terminal.utf8)
    if color == "never":
        terminal = terminal._replace(colours=0)
    gc.disable()  # until the first frame, after which the app enables it: looking for garbage costs 7 % of the start
    from avyctl.app import run as screen

    async def open_it() -> int:
        async with Reach(embedded, root or "/") as reach:
            try:
                await reach.connection("system").opened()  # what cannot be reached is said before the screen is taken
            except SutraError as error:
                if not root or error.code != errors.UNSUPPORTED:
                    raise  # an image that is only looked at has no /proc: the overview explains it, and the other panes work
            return await screen(reach, commands, terminal, read_only=read_only, theme=theme, pane=pane, options=where)

    return asyncio.run(open_it())


def _run_line(commands: OneShots, embedded: bool, root: str, utf8: bool) -> int:
    try:
        return asyncio.run(_line(commands, embedded, root, utf8))
    except KeyboardInterrupt:  # before line mode itself takes care of it
        write("\n")
        raise


async def _line(commands: OneShots, embedded: bool, root: str, utf8: bool) -> int:
    from avyctl.line.interrupts import Interrupts
    from avyctl.line.mode import LineMode
    from avyctl.line.paper import Paper
    from avyctl.line.reader import LineReader

    paper = Paper(write, utf8=utf8, size=_size)
    reader = LineReader(sys.stdin.fileno())
    async with Reach(embedded, root) as reach:
        with Interrupts() as interrupts:
            return await LineMode(reach, commands, paper, reader, terminal=sys.stdin.isatty()).talk(interrupts)


def _size() -> tuple[int, int]:
    """Of the terminal; 80x24 where it does not tell, and nothing where there is none."""
    if not is_terminal(1):
        return 0, 0
    columns, rows = window(1)
    return columns or 80, rows or 24
