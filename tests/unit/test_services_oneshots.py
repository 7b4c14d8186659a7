"""`avyctl services ...` and `avyctl logs ...` as people and scripts type them."""

import json
import tempfile
from collections.abc import AsyncIterator

import pytest

from oneshots import avyctl
from services.core.server import Server
from services.init.fake import FakeInit
from services.logs.fake import FakeLogs
from serving import about
from sutra_client.gen import init, logs


@pytest.fixture
async def folder() -> AsyncIterator[str]:
    with tempfile.TemporaryDirectory() as path:
        running = [Server(init.SERVICE, FakeInit(), about), Server(logs.SERVICE, FakeLogs(), about)]
        for server in running:
            await server.listen(path)
        try:
            yield path
        finally:
            for server in running:
                await server.stop()


async def test_services_are_listed_and_can_be_picked(folder: str) -> None:
    listed = await avyctl(folder, "services", "list", "-o", "json")
    assert listed.code == 0, listed
    assert {row["name"]: row["active"] for row in json.loads(listed.out)}["bridge.service"] == "failed"
    failed = await avyctl(folder, "services", "list", "--where", "active=failed", "--columns", "name,active", "--no-legend")
    assert failed.out.split() == [b"bridge.service", b"failed"]
    timers = await avyctl(folder, "services", "list", "--kinds", "timer", "--columns", "name", "--no-legend")
    assert timers.out == b"logrotate.timer\n"
    memory = await avyctl(folder, "services", "list", "--fields", "memory", "--where", "name=ssh.service", "-o", "json")
    assert json.loads(memory.out)[0]["memory"] == 6_291_456


async def test_a_service_that_is_not_there_is_exit_4(folder: str) -> None:
    assert (await avyctl(folder, "services", "status", "ssh")).code == 0
    assert (await avyctl(folder, "services", "status", "--", "--force")).code == 4


async def test_a_log_list_ends_and_is_told_as_asked(folder: str) -> None:
    done = await avyctl(folder, "logs", "list", "--priority", "warning", "-o", "jsonl")
    assert done.code == 0, done
    assert [json.loads(line)["identifier"] for line in done.out.splitlines()] == ["bridge", "bridge"]
    table = await avyctl(folder, "logs", "list", "--lines", "1", "--no-legend", "--columns", "priority,message")
    assert table.out.decode().split(None, 1) == ["err", "cannot open /data/bridge.db: Permission denied\n"]
    assert (await avyctl(folder, "logs", "list", "--lines", "10001")).code == 2


async def test_findings_lead_to_a_command_that_works(folder: str) -> None:
    found = json.loads((await avyctl(folder, "services", "findings", "-o", "json")).out)
    assert [finding["object"] for finding in found] == ["bridge.service"]
    words = found[0]["command"].split()
    assert words[0] == "avyctl"
    assert (await avyctl(folder, *words[1:])).code == 0
