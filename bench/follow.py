"""What both kinds of subscriber processes do: count what arrives, and say when all of it has."""

import asyncio
import sys


class Counter:
    """Rows that arrived, over all subscribers of the process."""

    def __init__(self, subscribers: int) -> None:
        self._subscribers = subscribers
        self._seen = 0
        self._expected = 0
        self._complete = asyncio.Event()

    def add(self, rows: int) -> None:
        self._seen += rows
        if self._seen == self._expected:
            self._complete.set()

    def expect(self, rows: int) -> None:
        """To be called before anything of it can arrive."""
        self._expected += rows * self._subscribers
        self._complete.clear()

    async def complete(self) -> None:
        await self._complete.wait()


async def answer(counter: Counter, tasks: list[asyncio.Task[None]]) -> None:
    """Until standard input ends, or one of `tasks` fails."""
    commands = asyncio.StreamReader()
    await asyncio.get_running_loop().connect_read_pipe(lambda: asyncio.StreamReaderProtocol(commands), sys.stdin)
    print("ready", flush=True)
    while command := (await commands.readline()).split():
        counter.expect(int(command[1]))
        print("waiting", flush=True)
        done, _ = await asyncio.wait([asyncio.ensure_future(counter.complete()), *tasks], return_when=asyncio.FIRST_COMPLETED)
        for finished in done:
            await finished
        print("complete", flush=True)
    for task in tasks:
        task.cancel()
