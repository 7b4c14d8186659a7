"""The list of endpoints stays alive whatever one of them does, and leaves no connection behind."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import aclosing, asynccontextmanager
from pathlib import Path
from typing import Any

import msgspec
import pytest

from avyctl import survey
from avyctl.survey import Endpoint
from fakes import FakeExample
from gen import example
from services.core.server import Server
from serving import about
from sutra_client import errors
from sutra_client.anything import Anything, reached
from sutra_client.errors import SutraError
from sutra_client.events import Changed, Removed, Snapshot
from sutra_client.transport import unix


@pytest.fixture(autouse=True)
def _quick(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SUTRA_DIR", str(tmp_path))
    monkeypatch.setattr(survey, "PERIOD", 0.02)
    monkeypatch.setattr(survey, "MOMENT", 0.1)
    monkeypatch.setattr(survey, "PATIENCE", 0.2)


async def served(folder: Path, name: str = "dev.avyctl.example") -> Server:
    backend: Any = FakeExample()
    schema = example.SERVICE.schema.replace("dev.avyctl.example", name)
    running = Server(msgspec.structs.replace(example.SERVICE, id=name, schema=schema), backend, about)
    await running.listen(str(folder))
    return running


@asynccontextmanager
async def opened(service: str, path: str) -> AsyncIterator[Anything]:
    async with reached(unix(path, service), service) as client:
        yield client


async def ignore(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    """Reads, and never says a word."""
    await reader.read()
    writer.close()
    await writer.wait_closed()


def surveyed() -> Any:
    return aclosing(survey.survey(False, opened, lambda service: False))


async def until(events: AsyncIterator[Any], service: str, **wanted: object) -> Endpoint:
    """The first row of that service that has these values."""
    async with asyncio.timeout(10):
        async for event in events:
            for row in event.rows if isinstance(event, Snapshot | Changed) else ():
                if row.service == service and all(getattr(row, name) == value for name, value in wanted.items()):
                    found: Endpoint = row
                    return found
    raise AssertionError


async def test_an_endpoint_is_listed_with_its_numbers_and_goes_when_its_service_ends(tmp_path: Path) -> None:
    running = await served(tmp_path)
    async with surveyed() as events:
        first = await anext(events)
        assert [(row.service, row.backend, row.peers, row.errors) for row in first.rows] == [("dev.avyctl.example", "fake", 1, 0)]
        assert (await until(events, "dev.avyctl.example", reason="")).path == f"{tmp_path}/dev.avyctl.example"
        await running.stop()
        async with asyncio.timeout(5):
            while not isinstance(event := await anext(events), Removed):
                pass
        assert event.keys == [("dev.avyctl.example", f"{tmp_path}/dev.avyctl.example")]
        again = await served(tmp_path)
        assert (await until(events, "dev.avyctl.example", backend="fake")).peers == 1
    await again.stop()


async def test_an_endpoint_that_never_answers_holds_up_no_other(tmp_path: Path) -> None:
    running = await served(tmp_path, "dev.example.works")
    silent = await asyncio.start_unix_server(ignore, str(tmp_path / "dev.example.silent"))
    async with silent, surveyed() as events:
        async with asyncio.timeout(5):
            assert (await until(events, "dev.example.works", backend="fake")).peers == 1
            hung = await until(events, "dev.example.silent", reason="no answer within 0.2 s")
            assert hung.state == "ok"
            assert (await until(events, "dev.example.works", backend="fake")).reason == ""
    await running.stop()


async def test_a_service_that_does_not_tell_of_itself_is_not_connected_to_twice(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    running = await served(tmp_path)
    connected: list[int] = []
    often = asyncio.Event()

    async def refuse() -> None:
        connected.append(sum(session.calls is not None for session in running.sessions))
        if len(connected) == 5:
            often.set()
        raise SutraError(errors.UNSUPPORTED, "about is not known here")

    [bound] = [bound for bound in running.bound.calls.values() if bound.call.name == "about"]
    monkeypatch.setattr(bound, "handler", refuse)
    async with surveyed() as events:
        assert (await until(events, "dev.avyctl.example", reason="about is not known here")).backend is None
        async with asyncio.timeout(5):
            await often.wait()
    assert set(connected) == {1}
    await running.stop()
