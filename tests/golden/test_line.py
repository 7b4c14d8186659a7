"""What line mode writes about every noun, byte for byte; AVYCTL_WRITE_GOLDEN=1 writes the transcripts anew."""

import importlib
import os
import tempfile
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack
from pathlib import Path

import pytest
from msgspec.structs import replace

from avyctl.wiring import service
from hosts import HOSTILE
from oneshots import avyctl
from services.core.server import Server
from services.init.fake import SERVICES, FakeInit
from serving import about
from sutra_client import schema

DATA = Path(__file__).parent / "line"
CASES = {noun: f"{noun}\n1\nfindings\n" for noun in schema.nouns()} | {
    "session": "services failed\n2\nfilter\nsort pid desc\n1 status --columns path\nnet\nroutes\n1\nback\n1 routes\nnope\nquit\n",
    "hostile": "services\n1\n1 status\nfilter \x1b[2J\u202e\nsort \x1b\n\x1b[31m\n1 \x07\n",
}


@pytest.fixture
async def folder() -> AsyncIterator[str]:
    """Endpoints of all services, each a fake."""
    async with AsyncExitStack() as stack:
        path = stack.enter_context(tempfile.TemporaryDirectory())
        for stem, _ in schema.nouns().values():
            fake = getattr(importlib.import_module(f"services.{stem}.fake"), f"Fake{stem.title()}")
            backend = FakeInit([replace(SERVICES[0], name=HOSTILE, description=HOSTILE), *SERVICES]) if stem == "init" else fake()
            running = Server(service(stem), backend, about)
            await running.listen(path)
            stack.push_async_callback(running.stop)
        yield path


@pytest.mark.parametrize("name", CASES)
async def test_every_byte_is_as_agreed(folder: str, name: str) -> None:
    ended = await avyctl(folder, "--line", stdin=CASES[name].encode(), LANG="C.UTF-8")
    home, prompt, rest = ended.out.decode().partition("avyctl> ")
    assert home.startswith("rpi-0042  "), "home names whoever runs this, and is read by another test"
    path = DATA / f"{name}.txt"
    if os.environ.get("AVYCTL_WRITE_GOLDEN"):
        DATA.mkdir(exist_ok=True)
        path.write_text(prompt + rest)
    assert prompt + rest == path.read_text()
    assert (ended.code, ended.err) == (0, b"")
    assert all(line.isprintable() for line in ended.out.decode().split("\n")), "something for the terminal came through"


def test_no_golden_file_is_left_over() -> None:
    assert {path.stem for path in DATA.iterdir()} == set(CASES)
