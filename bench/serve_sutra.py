"""The example service at an endpoint: `python -m bench.serve_sutra FOLDER`. "emit N" on standard input changes N rows at once."""

import asyncio
import sys
import time

from bench import payload
from fakes import FakeExample
from gen import example
from services.core.server import Server
from sutra_client import events
from sutra_client.gen import core


class Backend(FakeExample):
    """Answers with rows that are made once, so that only Sutra is measured."""

    def __init__(self) -> None:
        super().__init__((payload.status(),))
        self._rows = [payload.row(number) for number in range(payload.ROWS)]

    async def rows(self, count: int) -> list[example.Thing]:
        return self._rows


def about() -> core.About:
    return core.About(example.SERVICE.id, "0", "bench", "", [], [], 0, 0, time.time_ns() // 1000)


async def serve(folder: str) -> None:
    backend = Backend()
    server = Server(example.SERVICE, backend, about)
    await server.listen(folder)
    commands = asyncio.StreamReader()
    await asyncio.get_running_loop().connect_read_pipe(lambda: asyncio.StreamReaderProtocol(commands), sys.stdin)
    print("ready", flush=True)
    turn = 0
    while command := (await commands.readline()).split():
        turn += 1
        for number in range(int(command[1])):
            backend.pairs_feed.send(events.Changed([payload.event(number, turn)]))
        print("sent", flush=True)


if __name__ == "__main__":
    asyncio.run(serve(sys.argv[1]))
