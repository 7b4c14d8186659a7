"""`make soak`: `python -m bench.soak SECONDS`. Clients come, call, subscribe, misbehave and vanish; the server must not grow.

Exit 1 when all of the second half needs 2 MB more than the most of the first three tenths, buffers of the moment included, or when the
server holds more files than at the beginning.
"""

import asyncio
import os
import random
import socket
import sys
import tempfile
import time
from pathlib import Path

from bench.measure import ask, helper, status_mb
from gen import example
from sutra_client import frame
from sutra_client.connection import Connection
from sutra_client.transport import unix

CLIENTS = 20


async def polite(endpoint: str) -> None:
    """Calls and reads, then leaves as it should."""
    async with Connection(example.SERVICE, unix(endpoint)) as connection:
        client = example.ExampleClient(connection)
        await asyncio.gather(*(client.get("thing-0000.service") for _ in range(50)))
        await client.rows(500)
        stream = client.pairs()
        await anext(stream)


async def rude(endpoint: str) -> None:
    """Says half of something, or rubbish, and is gone."""
    with socket.socket(socket.AF_UNIX) as peer:
        peer.setblocking(False)
        loop = asyncio.get_running_loop()
        await loop.sock_connect(peer, endpoint)
        hello = frame.pack(frame.HELLO, 0, 0, b'{"protocol":2,"service":"dev.avyctl.example"}')
        calls = b"".join(frame.pack(frame.CALL, 5, number, b"\x92\xc0\x91\xcd\x01\xf4") for number in range(1, 100))
        for part in (hello, calls, random.randbytes(random.randrange(1, 100))):
            await loop.sock_sendall(peer, part[: random.randrange(1, len(part) + 1)] if random.random() < 0.2 else part)


async def client(endpoint: str, until: float) -> int:
    rounds = 0
    while time.monotonic() < until:
        try:
            await (polite if random.random() < 0.7 else rude)(endpoint)
        except (BrokenPipeError, ConnectionResetError):
            pass  # the server refused a rude one first
        rounds += 1
    return rounds


async def clients(endpoint: str, until: float) -> int:
    return sum(await asyncio.gather(*(client(endpoint, until) for _ in range(CLIENTS))))


def main(seconds: float) -> int:
    with tempfile.TemporaryDirectory(prefix="avb-") as folder, helper("bench.serve_sutra", folder) as server:
        endpoint = str(Path(folder, example.SERVICE.id))
        files = len(os.listdir(f"/proc/{server.pid}/fd"))
        sizes = []
        for part in range(10):
            rounds = asyncio.run(clients(endpoint, time.monotonic() + seconds / 10))
            ask(server, "emit 100")
            time.sleep(0.5)  # what the last clients left is on its way out
            sizes.append(status_mb(server.pid, "VmRSS"))
            left = len(os.listdir(f"/proc/{server.pid}/fd")) - files
            print(f"{(part + 1) * 10:3} %: {rounds} clients, {sizes[-1]:.1f} MB, {left:+} files", flush=True)
        grown = min(sizes[-5:]) > max(sizes[:3]) + 2
        if grown or left > 0:
            print("the server grew")
        return 1 if grown or left > 0 else 0


if __name__ == "__main__":
    sys.exit(main(float(sys.argv[1])))
