"""A stand-in for a container engine at a socket of its own: HTTP written by hand, so that it shares no code with the client."""

import asyncio
import json
import os
import tempfile
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager

Behave = Callable[[asyncio.StreamReader, asyncio.StreamWriter], Awaitable[None]]
RUNNING = {"Status": "running", "Running": True, "Pid": 4711, "ExitCode": 0, "StartedAt": "2026-09-21T14:00:00.123456789Z"}
NEVER = "0001-01-01T00:00:00Z"


class Engine:
    """Containers by id, which a test changes; what is asked for is in `asked`."""

    def __init__(self, name: str = "Podman Engine") -> None:
        self.name = name
        self.asked: list[str] = []
        self.listed: dict[str, dict[str, object]] = {}
        self.inspected: dict[str, dict[str, object]] = {}
        self.pods: list[dict[str, object]] = []
        self._readers: list[asyncio.StreamWriter] = []
        self._listening = asyncio.Event()

    def put(self, letter: str, name: str, state: str = "running", **inspected: object) -> str:
        """A new or different container; its id is one letter, 64 times."""
        identity = letter * 64
        condition = (
            {**RUNNING, "FinishedAt": NEVER} if state == "running" else {"Status": state, "ExitCode": 1, "FinishedAt": RUNNING["StartedAt"]}
        )
        self.listed[identity] = {
            "Id": identity,
            "Names": [f"/{name}"],
            "Image": "localhost/web:latest",
            "State": state,
            "Status": f"{state} (about a minute)",
            "Created": 1_789_990_000,
            "Ports": [{"IP": "0.0.0.0", "PrivatePort": 80, "PublicPort": 8080, "Type": "tcp"}],
            "SizeRw": 4096,
        }
        self.inspected[identity] = {
            "Id": identity,
            "State": condition,
            "RestartCount": 0,
            "Path": "/bin/web",
            "Args": ["--port", "80"],
            "HostConfig": {"RestartPolicy": {"Name": "no"}},
        } | inspected
        return identity

    def drop(self, identity: str) -> None:
        del self.listed[identity], self.inspected[identity]

    async def tell(self, identity: str, action: str) -> None:
        """An event, to everybody who listens; waits until somebody does."""
        await asyncio.wait_for(self._listening.wait(), 10)
        line = json.dumps({"Type": "container", "Action": action, "Actor": {"ID": identity}}).encode() + b"\n"
        for writer in self._readers:
            writer.write(b"%x\r\n%s\r\n" % (len(line), line))

    async def listening(self) -> None:
        await asyncio.wait_for(self._listening.wait(), 10)

    async def answer(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """One request of a client."""
        target = (await reader.readuntil(b"\r\n\r\n")).split()[1].decode()
        self.asked.append(target)
        path = target.partition("?")[0]
        if path == "/events":
            writer.write(b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nTransfer-Encoding: chunked\r\n\r\n")
            self._readers.append(writer)
            self._listening.set()
            await reader.read()
            return
        found = self._found(path)
        body = json.dumps(found).encode() if found is not None else b'{"cause":"no such container"}'
        status = b"200 OK" if found is not None else b"404 Not Found"
        writer.write(b"HTTP/1.1 %s\r\nContent-Length: %d\r\n\r\n%s" % (status, len(body), body))
        await writer.drain()

    def _found(self, path: str) -> object:
        if path == "/version":
            return {"Version": "4.3.1", "Components": [{"Name": self.name, "Version": "4.3.1"}]}
        if path == "/containers/json":
            return list(self.listed.values())
        if path == "/v4.0.0/libpod/pods/json":
            return self.pods
        return self.inspected.get(path.split("/")[2]) if path.startswith("/containers/") else None


@asynccontextmanager
async def serving(behave: Behave, mode: int = 0o600) -> AsyncIterator[str]:
    """The path of a socket where each client meets `behave`."""
    tasks: set[asyncio.Task[None]] = set()

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        task = asyncio.current_task()
        assert task is not None
        tasks.add(task)
        try:
            await behave(reader, writer)
        except (ConnectionError, asyncio.IncompleteReadError, asyncio.CancelledError):
            pass  # the client left
        finally:
            tasks.discard(task)
            writer.transport.abort()

    with tempfile.TemporaryDirectory() as folder:
        path = f"{folder}/podman.sock"
        listening = await asyncio.start_unix_server(serve, path)
        os.chmod(path, mode)
        try:
            yield path
        finally:
            listening.close()
            left = list(tasks)
            for task in left:
                task.cancel()
            if left:
                await asyncio.wait(left)
