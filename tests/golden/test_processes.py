"""What one-shots print of processes, byte for byte; see test_oneshots.py."""

import os
import tempfile
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from oneshots import avyctl
from services.core.server import Server
from services.processes.fake import FakeProcesses
from serving import about
from sutra_client.gen.processes import SERVICE

DATA = Path(__file__).parent / "processes"
CASES: dict[str, tuple[int, list[str]]] = {
    "processes-list": (0, ["processes", "list"]),
    "processes-kernel": (0, ["processes", "list", "--kernel", "--where", "kernel=true", "--columns", "pid,state,command"]),
    "processes-json": (0, ["processes", "list", "-o", "json", "--where", "pid=4712"]),
    "processes-name": (0, ["processes", "list", "-o", "name"]),
    "processes-show": (0, ["processes", "show", "4713", "--environment"]),
    "processes-show-json": (0, ["processes", "show", "4713", "-o", "json"]),
    "processes-findings": (0, ["processes", "findings"]),
    "processes-stale": (6, ["processes", "show", "4713", "--started", "1"]),
    "processes-absent": (4, ["processes", "show", "77"]),
}


@pytest.fixture
async def folder() -> AsyncIterator[str]:
    with tempfile.TemporaryDirectory() as path:
        running = Server(SERVICE, FakeProcesses(), about)
        await running.listen(path)
        try:
            yield path
        finally:
            await running.stop()


def compare(name: str, text: bytes) -> None:
    path = DATA / name
    if os.environ.get("AVYCTL_WRITE_GOLDEN") and text:
        path.write_bytes(text)
    assert text.decode() == (path.read_bytes().decode() if path.exists() else "")


@pytest.mark.parametrize("name", CASES)
async def test_every_byte_is_as_agreed(folder: str, name: str) -> None:
    code, words = CASES[name]
    ended = await avyctl(folder, *words)
    assert ended.code == code, ended.err
    compare(f"{name}.out", ended.out)
    compare(f"{name}.err", ended.err)
