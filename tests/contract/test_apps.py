"""What every backend of the apps service promises, whatever it stands on, directly and over a connection."""

from collections.abc import AsyncIterator, Callable
from contextlib import AsyncExitStack
from pathlib import Path

import pytest

from hosts import avyos
from services.apps import files
from services.apps.fake import FakeApps
from services.core.server import Server
from serving import about
from streams import first
from sutra_client import errors
from sutra_client.connection import Connection
from sutra_client.errors import SutraError
from sutra_client.gen.apps import SERVICE, Apps, AppsClient
from sutra_client.transport import memory

MADE: dict[str, Callable[[Path], files.FileApps | FakeApps]] = {
    "files": lambda root: files.make(avyos(root)),
    "fake": lambda root: FakeApps(),
}


@pytest.fixture(params=[f"{name}{where}" for name in MADE for where in ("", " over a connection")])
async def apps(request: pytest.FixtureRequest, tmp_path: Path) -> AsyncIterator[Apps]:
    name, _, remote = request.param.partition(" ")
    async with AsyncExitStack() as stack:
        backend = MADE[name](tmp_path)
        await backend.start()
        stack.push_async_callback(backend.stop)
        if remote:
            server = Server(SERVICE, backend, about)
            stack.push_async_callback(server.stop)
            yield AppsClient(await stack.enter_async_context(Connection(SERVICE, memory(server.session))))
        else:
            served: Apps = backend
            yield served


async def test_each_app_of_the_list_can_be_asked_for(apps: Apps) -> None:
    rows = await first(apps.apps())
    assert rows
    for row in rows:
        assert await apps.get(row.id, row.source) == row
        assert row.running is None or row.pids is None or row.running == len(row.pids)
    with pytest.raises(SutraError) as raised:
        await apps.get("no such thing")
    assert raised.value.code == errors.NOT_FOUND


async def test_findings_begin_with_rows_that_can_be_acted_on(apps: Apps) -> None:
    found = await first(apps.findings())
    assert found
    assert len({finding.id for finding in found}) == len(found)
    assert all(finding.object and finding.evidence and finding.next for finding in found)
