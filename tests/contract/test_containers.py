"""What every backend of the containers service promises, whatever it stands on, directly and over a connection."""

from collections.abc import AsyncIterator
from contextlib import AsyncExitStack

import pytest

import engines
from services.containers.fake import FakeContainers
from services.containers.podman import EngineContainers
from services.core.server import Server
from serving import about
from streams import first
from sutra_client import errors
from sutra_client.connection import Connection
from sutra_client.errors import SutraError
from sutra_client.gen.containers import SERVICE, Containers, ContainersClient
from sutra_client.transport import memory


@pytest.fixture(params=["podman", "podman over a connection", "fake", "fake over a connection"])
async def containers(request: pytest.FixtureRequest) -> AsyncIterator[Containers]:
    name, _, remote = request.param.partition(" ")
    async with AsyncExitStack() as stack:
        backend: EngineContainers | FakeContainers = FakeContainers()
        if name == "podman":
            engine = engines.Engine()
            engine.put("a", "web")
            engine.put("b", "job", "exited", HostConfig={"RestartPolicy": {"Name": "on-failure"}})
            backend = EngineContainers([await stack.enter_async_context(engines.serving(engine.answer))])
        await backend.start()
        stack.push_async_callback(backend.stop)
        if remote:
            server = Server(SERVICE, backend, about)
            stack.push_async_callback(server.stop)
            yield ContainersClient(await stack.enter_async_context(Connection(SERVICE, memory(server.session))))
        else:
            yield backend


async def test_each_container_of_the_list_can_be_asked_for(containers: Containers) -> None:
    rows = await first(containers.containers())
    assert rows
    for row in rows:
        assert await containers.get(row.id) == await containers.get(row.name) == row
        assert row.size is None
    with pytest.raises(SutraError) as raised:
        await containers.get("no such thing")
    assert raised.value.code == errors.NOT_FOUND


async def test_engines_answer_or_say_why_not(containers: Containers) -> None:
    found = await containers.engines()
    assert any(engine.name and engine.problem is None for engine in found)
    assert all(engine.problem or engine.uid is not None for engine in found)


async def test_findings_begin_with_rows_that_can_be_acted_on(containers: Containers) -> None:
    found = await first(containers.findings())
    assert found
    assert all(finding.object and finding.evidence and finding.next for finding in found)
