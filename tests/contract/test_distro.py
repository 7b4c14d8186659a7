"""What every backend of the distro service promises, whatever it stands on, directly and over a connection."""

from collections.abc import AsyncIterator, Callable
from contextlib import AsyncExitStack
from pathlib import Path

import pytest

from hosts import avyos
from services.core.server import Server
from services.distro import folders
from services.distro.fake import FakeDistro
from serving import about
from streams import first
from sutra_client import errors
from sutra_client.connection import Connection
from sutra_client.errors import SutraError
from sutra_client.gen.distro import SERVICE, Distro, DistroClient
from sutra_client.transport import memory

MADE: dict[str, Callable[[Path], folders.FolderDistros | FakeDistro]] = {
    "folders": lambda root: folders.make(avyos(root)),
    "fake": lambda root: FakeDistro(),
}


@pytest.fixture(params=[f"{name}{where}" for name in MADE for where in ("", " over a connection")])
async def distro(request: pytest.FixtureRequest, tmp_path: Path) -> AsyncIterator[Distro]:
    name, _, remote = request.param.partition(" ")
    async with AsyncExitStack() as stack:
        backend = MADE[name](tmp_path)
        await backend.start()
        stack.push_async_callback(backend.stop)
        if remote:
            server = Server(SERVICE, backend, about)
            stack.push_async_callback(server.stop)
            yield DistroClient(await stack.enter_async_context(Connection(SERVICE, memory(server.session))))
        else:
            served: Distro = backend
            yield served


async def test_each_distro_of_the_list_can_be_asked_for(distro: Distro) -> None:
    rows = await first(distro.distros())
    assert rows
    for row in rows:
        assert await distro.get(row.name, row.place) == row
    with pytest.raises(SutraError) as raised:
        await distro.get("no such thing")
    assert raised.value.code == errors.NOT_FOUND


async def test_findings_begin_with_rows_that_can_be_acted_on(distro: Distro) -> None:
    found = await first(distro.findings())
    assert found
    assert all(finding.object and finding.evidence and finding.next for finding in found)
