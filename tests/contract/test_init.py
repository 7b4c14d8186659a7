"""What every backend of the init service promises, whatever it stands on, directly and over a connection."""

from collections.abc import AsyncIterator
from contextlib import AsyncExitStack
from pathlib import Path

import pytest

from planted import plant
from services.core.server import Server
from services.init import avyos, icenet, s6
from services.init.fake import FakeInit
from services.init.files import FileInit
from serving import about
from streams import first
from supervised import status
from sutra_client import errors
from sutra_client.connection import Connection
from sutra_client.errors import SutraError
from sutra_client.gen.core import Severity
from sutra_client.gen.init import SERVICE, Init, InitClient, Kind
from sutra_client.transport import memory

S6: dict[str, str | bytes] = {
    "/run/service/.s6-svscan/control": "",
    "/run/service/weston/run": "",
    "/run/service/weston/supervise/status": status(pid=412),
}
ICENET = {"/etc/icenet/services/sshd": "exec=/usr/sbin/sshd -D\nrespawn=yes\n", "/proc/stat": "btime 1790000000\n"}
AVYOS = {
    "/config/init.conf": "services = dbg\n",
    "/config/services/dbg.service": "command = /avyos/services/dbg\n",
    "/proc/stat": "cpu 1\n",
}


def made(name: str, root: Path) -> Init:
    match name:
        case "s6":
            return s6.make(plant(root, S6))
        case "icenet":
            return icenet.make(plant(root, ICENET))
        case "avyos":
            return avyos.make(plant(root, AVYOS))
    return FakeInit()


@pytest.fixture(params=[f"{name}{how}" for name in ("fake", "s6", "icenet", "avyos") for how in ("", " over a connection")])
async def init(request: pytest.FixtureRequest, tmp_path: Path) -> AsyncIterator[Init]:
    name, _, remote = request.param.partition(" ")
    async with AsyncExitStack() as stack:
        backend = made(name, tmp_path)
        if isinstance(backend, FileInit):
            stack.push_async_callback(backend.stop)
        if remote:
            server = Server(SERVICE, backend, about)
            stack.push_async_callback(server.stop)
            backend = InitClient(await stack.enter_async_context(Connection(SERVICE, memory(server.session))))
        yield backend


async def test_the_list_begins_with_all_services_each_under_its_own_key(init: Init) -> None:
    rows = await first(init.services())
    assert rows
    assert len({(row.scope, row.name) for row in rows}) == len(rows)
    assert {row.kind for row in rows} == {Kind.SERVICE}
    for row in rows:
        assert row.name and row.scope in ("system", "user")
        assert row.pid is None or row.pid > 0
        assert (row.memory, row.cpu, row.tasks) == (None, None, None)


async def test_only_kinds_that_were_asked_for_are_listed(init: Init) -> None:
    assert {row.kind for row in await first(init.services(kinds=[Kind.TIMER]))} <= {Kind.TIMER}
    assert await first(init.services(kinds=[])) == []


async def test_each_listed_service_has_a_detail_with_the_same_state(init: Init) -> None:
    for row in await first(init.services()):
        detail = await init.get(row.name, row.scope)
        assert (detail.service.name, detail.service.active, detail.service.pid) == (row.name, row.active, row.pid)
        assert detail.path is None or detail.path.startswith(b"/")
        assert all(sentence.endswith(".") for sentence in detail.unseen)


async def test_a_service_that_is_not_there_is_not_found(init: Init) -> None:
    with pytest.raises(SutraError) as refused:
        await init.get("nothing-of-the-kind")
    assert refused.value.code == errors.NOT_FOUND
    with pytest.raises(SutraError) as refused:
        await init.get("sshd", "user")
    assert refused.value.code == errors.NOT_FOUND


async def test_findings_can_be_acted_on(init: Init) -> None:
    rows = await first(init.findings())
    assert len({finding.id for finding in rows}) == len(rows)
    for finding in rows:
        assert finding.object and finding.evidence and finding.next and finding.severity in Severity
