"""N subscribers of the example's pairs in one process: `python -m bench.follow_sutra ENDPOINT N`.

"expect M" on standard input answers when every subscriber has had M more rows.
"""

import asyncio
import sys

from bench.follow import Counter, answer
from gen import example
from sutra_client import events
from sutra_client.connection import Connection
from sutra_client.transport import unix


async def follow(endpoint: str, count: int) -> None:
    counter = Counter(count)

    async def one(ready: asyncio.Event) -> None:
        async with Connection(example.SERVICE, unix(endpoint)) as connection:
            async for event in example.ExampleClient(connection).pairs():
                match event:
                    case events.Snapshot():
                        ready.set()
                    case events.Changed(rows=rows):
                        counter.add(len(rows))
                    case _:
                        raise RuntimeError(f"unforeseen {event}")

    flags = [asyncio.Event() for _ in range(count)]
    tasks = [asyncio.create_task(one(flag)) for flag in flags]
    await asyncio.gather(*(flag.wait() for flag in flags))
    await answer(counter, tasks)


if __name__ == "__main__":
    asyncio.run(follow(sys.argv[1], int(sys.argv[2])))
