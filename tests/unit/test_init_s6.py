"""Services that s6 supervises, as its own files tell of them."""

import asyncio
import os
import threading
from pathlib import Path

import pytest

from denied import permissions_count
from planted import plant
from services.core.tree import Tree
from services.init import s6
from services.init.s6 import parse_status
from streams import Reading, first
from supervised import status
from sutra_client import errors
from sutra_client.errors import SutraError
from sutra_client.gen.init import Active, Detail, Enabled, Load

SCANNED = {"/run/service/.s6-svscan/control": ""}


def host(root: Path, services: dict[str, bytes]) -> str:
    plant(root, SCANNED)
    return plant(root, {f"/run/service/{name}/supervise/status": data for name, data in services.items()})


def read(root: str) -> dict[str, Detail]:
    return s6.read(Tree(root)).services


@pytest.mark.parametrize(
    ("data", "active", "sub", "pid", "result"),
    [
        (status(pid=8641), Active.ACTIVE, "running", 8641, None),
        (status(pid=8641, group=True), Active.ACTIVE, "running", 8641, None),
        (status(pid=8719, flags=0b0101), Active.ACTIVE, "paused", 8719, None),
        (status(flags=0), Active.INACTIVE, "down", None, "success"),
        (status(wait_status=3 << 8, flags=0b0100), Active.ACTIVATING, "down, want up", None, "exit-code"),
        (status(wait_status=15, flags=0), Active.INACTIVE, "down", None, "signal"),
        (status(wait_status=9, flags=0b0010), Active.DEACTIVATING, "finishing", None, "signal"),
        (status(pid=7, flags=0), Active.DEACTIVATING, "running, want down", 7, None),
    ],
)
def test_a_state_is_what_s6_svstat_would_say(
    data: bytes, active: Active, sub: str, pid: int | None, result: str | None, tmp_path: Path
) -> None:
    service = read(host(tmp_path, {"weston": data}))["weston"].service
    assert (service.active, service.sub, service.pid, service.result) == (active, sub, pid, result)
    assert service.since == 1_790_000_000_500_000


def test_how_it_ended_is_in_the_detail(tmp_path: Path) -> None:
    found = read(host(tmp_path, {"a": status(wait_status=3 << 8, flags=0), "b": status(wait_status=15, flags=0), "c": status(pid=1)}))
    assert [(found[name].exit_code, found[name].exit_signal) for name in "abc"] == [(3, None), (None, 15), (None, None)]


def test_instances_and_down_files_and_unsupervised_folders(tmp_path: Path) -> None:
    root = host(tmp_path, {"vmm": status(pid=5), "vmm/instance/netvm": status(pid=6)})
    plant(tmp_path, {"/run/service/vmm/down": "", "/run/service/idle/run": "", "/run/s6-rc/servicedirs/mdevd/run": ""})
    plant(tmp_path, {"/run/service/mdevd": "-> /run/s6-rc/servicedirs/mdevd"})
    found = read(root)
    assert set(found) == {"vmm", "vmm/netvm", "idle", "mdevd"}
    assert found["vmm"].service.enabled == Enabled.DISABLED
    assert found["mdevd"].service.enabled is None
    assert (found["idle"].service.active, found["idle"].service.load) == (None, Load.UNLOADED)


@pytest.mark.parametrize("data", [b"", b"x" * 34, b"\0" * 35, b"\xff" * 43, b"x" * 4096])
def test_garbage_is_no_state(data: bytes, tmp_path: Path) -> None:
    assert parse_status(data) is None
    detail = read(host(tmp_path, {"weston": data}))["weston"]
    assert (detail.service.active, detail.service.pid, detail.service.since) == (None, None, None)
    assert "something else than expected" in detail.unseen[0]


def test_a_host_without_it_does_not_fit(tmp_path: Path) -> None:
    fits, why = s6.probe(str(tmp_path))
    assert not fits and "/run/service" in why
    assert s6.probe(host(tmp_path, {})) == (True, "s6-svscan scans /run/service")


def test_what_may_not_be_read_is_unknown_and_said(tmp_path: Path) -> None:
    root = host(tmp_path, {"weston": status(pid=4)})
    folder = tmp_path / "run/service/weston/supervise"
    folder.chmod(0)
    with permissions_count():
        reading = s6.read(Tree(root))
    folder.chmod(0o700)
    assert reading.services["weston"].service.active is None
    assert any("may not be read by this user" in sentence for sentence in reading.unseen)


async def test_a_change_is_told_when_s6_writes_it(tmp_path: Path) -> None:
    init = s6.make(host(tmp_path, {"weston": status(pid=4)}))
    async with Reading(init.services(), "scope", "name") as reading:
        fresh = tmp_path / "run/service/weston/supervise/status.new"
        fresh.write_bytes(status(wait_status=1 << 8, flags=0b0100))
        fresh.rename(fresh.with_name("status"))
        await reading.until(lambda: reading.rows["system", "weston"].sub == "down, want up")
        plant(tmp_path, {"/run/service/new/supervise/status": status(pid=9)})
        await reading.until(lambda: ("system", "new") in reading.rows)
    await init.stop()


async def test_a_service_that_is_down_and_should_be_up_is_found(tmp_path: Path) -> None:
    init = s6.make(host(tmp_path, {"weston": status(wait_status=1 << 8, flags=0b0100), "getty": status(pid=3)}))
    [finding] = await first(init.findings())
    assert (finding.id, finding.object) == ("down:system:weston", "weston")
    await init.stop()


async def test_a_file_system_that_hangs_is_not_waited_for(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    release = threading.Event()
    monkeypatch.setattr(s6, "read", lambda tree: release.wait(30))
    monkeypatch.setattr("services.init.files.DEADLINE", 0.05)
    init = s6.make(host(tmp_path, {}))
    with pytest.raises(SutraError) as refused:
        await first(init.services())
    assert refused.value.code == errors.TIMEOUT
    release.set()
    await init.stop()
    await asyncio.sleep(0)
    assert os.path.isdir(tmp_path)
