"""What every backend of the deployments service promises, whatever it stands on, directly and over a connection."""

from collections.abc import AsyncIterator, Callable
from contextlib import AsyncExitStack
from pathlib import Path

import pytest

from hosts import aerynos, arkes, avyos
from services.core.server import Server
from services.deployments import avyos as image
from services.deployments import moss, ostree
from services.deployments.backend import FileDeployments
from services.deployments.fake import FakeDeployments
from serving import about
from streams import first
from sutra_client import errors
from sutra_client.connection import Connection
from sutra_client.errors import SutraError
from sutra_client.gen.deployments import SERVICE, Deployments, DeploymentsClient
from sutra_client.transport import memory

MADE: dict[str, Callable[[Path], FileDeployments | FakeDeployments]] = {
    "ostree": lambda root: ostree.make(arkes(root)),
    "moss": lambda root: moss.make(aerynos(root)),
    "avyos": lambda root: image.make(avyos(root)),
    "fake": lambda root: FakeDeployments(),
}


@pytest.fixture(params=[f"{name}{where}" for name in MADE for where in ("", " over a connection")])
async def deployments(request: pytest.FixtureRequest, tmp_path: Path) -> AsyncIterator[Deployments]:
    name, _, remote = request.param.partition(" ")
    async with AsyncExitStack() as stack:
        backend = MADE[name](tmp_path)
        await backend.start()
        stack.push_async_callback(backend.stop)
        if remote:
            server = Server(SERVICE, backend, about)
            stack.push_async_callback(server.stop)
            yield DeploymentsClient(await stack.enter_async_context(Connection(SERVICE, memory(server.session))))
        else:
            served: Deployments = backend
            yield served


async def test_the_list_the_summary_and_each_row_agree(deployments: Deployments) -> None:
    rows = await first(deployments.deployments())
    status = await deployments.status()
    assert status.count == len(rows) == len({row.id for row in rows})
    assert status.booted == next((row.id for row in rows if row.booted), None)
    assert status.rollback == next((row.id for row in rows if row.rollback), None)
    assert status.next in {row.id for row in rows}
    for row in rows:
        assert await deployments.get(row.id) == row
        assert row.engine == status.engine
        assert row.size is None
        assert row.version or not row.usable
        assert row.state != ""


async def test_an_id_that_is_none_is_not_found(deployments: Deployments) -> None:
    with pytest.raises(SutraError) as raised:
        await deployments.get("no such thing")
    assert raised.value.code == errors.NOT_FOUND


async def test_paths_can_go_back_to_the_host_byte_for_byte(deployments: Deployments) -> None:
    paths = [row.path for row in await first(deployments.deployments()) if row.usable]
    assert paths and all(path is not None and path.startswith(b"/") for path in paths)


async def test_findings_begin_with_rows_that_can_be_acted_on(deployments: Deployments) -> None:
    found = await first(deployments.findings())
    assert len({finding.id for finding in found}) == len(found)
    assert all(finding.object and finding.evidence and finding.next for finding in found)
