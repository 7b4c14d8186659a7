"""Services of icenet-init and of avyos, from their definitions and the process table."""

from pathlib import Path

import pytest

from denied import permissions_count
from planted import plant
from services.core.tree import Tree
from services.init import avyos, icenet
from streams import Reading
from sutra_client.gen.init import Active, Enabled, Load

STAT = "{pid} (na me)) S {parent} 1 1 0 -1 4194304 0 0 0 0 0 0 0 0 20 0 1 0 {start} 0 0\n"


def process(root: Path, pid: int, *argv: str, parent: int = 1, start: int = 100, proc: str = "/proc") -> None:
    stat = STAT.format(pid=pid, parent=parent, start=start)
    plant(root, {f"{proc}/{pid}/stat": stat, f"{proc}/{pid}/cmdline": "\0".join(argv) + "\0"})


def icenet_host(root: Path) -> str:
    process(root, 40, "/usr/sbin/sshd", "-D")
    process(root, 41, "/usr/sbin/syslogd", "-n", parent=40)
    return plant(
        root,
        {
            "/proc/stat": "cpu 1\nbtime 1790000000\n",
            "/proc/1/comm": "icenet-init\n",
            "/etc/icenet/services/sshd": "exec=/usr/sbin/sshd -D\ndepends=network\ndepends=syslog\nrespawn=yes\n",
            "/etc/icenet/services/syslog": "exec=/usr/sbin/syslogd -n\nrespawn=yes\n",
            "/etc/icenet/services/network": "#exec=/bin/no\nexec=/sbin/ifup  -a\nrespawn=Yes\n",
            "/etc/icenet/services/spaced": "exec = /bin/x\n",
            "/etc/icenet/services/.hidden": "exec=/bin/x\n",
            "/etc/icenet/services/odd": b"exec=/bin/\xff\n",
        },
    )


def test_icenet_definitions_are_read_as_icenet_init_reads_them(tmp_path: Path) -> None:
    root = icenet_host(tmp_path)
    assert icenet.probe(root) == (True, "process 1 is icenet-init")
    found = icenet.read(Tree(root)).services
    assert set(found) == {"sshd", "syslog", "network", "odd"}
    sshd = found["sshd"]
    assert (sshd.service.active, sshd.service.pid, sshd.service.since) == (Active.ACTIVE, 40, 1_790_000_001_000_000)
    assert (sshd.after, sshd.restart, sshd.command) == (["network", "syslog"], "always", [b"/usr/sbin/sshd", b"-D"])
    assert found["network"].command == [b"/sbin/ifup", b"-a"]
    assert (found["network"].restart, found["network"].service.sub) == ("no", "not running")
    assert found["odd"].command == [b"/bin/\xff"]


def test_a_supervised_service_without_a_process_of_init_should_be_up(tmp_path: Path) -> None:
    syslog = icenet.read(Tree(icenet_host(tmp_path))).services["syslog"].service
    assert (syslog.active, syslog.sub, syslog.result, syslog.pid) == (Active.INACTIVE, "down, want up", None, None)


def test_an_image_has_definitions_and_no_states(tmp_path: Path) -> None:
    root = plant(tmp_path, {"/etc/icenet/services/sshd": "exec=/usr/sbin/sshd -D\n"})
    assert icenet.probe(root)[0]
    service = icenet.read(Tree(root)).services["sshd"].service
    assert (service.active, service.sub, service.pid, service.enabled) == (None, None, None, Enabled.ENABLED)


def avyos_host(root: Path) -> str:
    process(root, 50, "/avyos/services/dbg", "-x", proc="/cache/kernel/processes")
    return plant(
        root,
        {
            "/avyos/cmd/init": "",
            "/cache/kernel/processes/stat": "btime 1790000000\n",
            "/config/init.conf": "# avyos\nshell=/avyos/cmd/sh\nservices = dbg login\n[rescue]\nenable = no\n",
            "/config/services/dbg.service": "Command = /avyos/services/dbg -x\nDescription = Debug bridge\nafter = uevent, login\n",
            "/avyos/config/services/dbg.service": "command = /avyos/services/old\n",
            "/avyos/config/services/login.service": "command = /avyos/services/login\nrestart = always\n",
            "/avyos/config/services/http.service": "command = /avyos/services/http\ntype = oneshot\n",
            "/avyos/config/services/broken.service": "description = nothing to run\n",
            "/avyos/config/services/notes.txt": "command = no\n",
        },
    )


def test_avyos_own_definitions_stand_before_those_of_the_system(tmp_path: Path) -> None:
    root = avyos_host(tmp_path)
    assert avyos.probe(root)[0]
    found = avyos.read(Tree(root)).services
    assert set(found) == {"dbg", "login", "http", "broken"}
    dbg, login, http, broken = (found[name] for name in ("dbg", "login", "http", "broken"))
    assert (dbg.service.active, dbg.service.pid, dbg.service.description) == (Active.ACTIVE, 50, "Debug bridge")
    assert (dbg.path, dbg.after, dbg.service.enabled) == (b"/config/services/dbg.service", ["uevent", "login"], Enabled.ENABLED)
    assert (login.service.sub, http.service.sub, http.service.enabled) == ("down, want up", "not running", Enabled.DISABLED)
    assert broken.service.load == Load.BAD_SETTING


@pytest.mark.parametrize("make", [icenet_host, avyos_host])
def test_what_may_not_be_read_is_said(make: object, tmp_path: Path) -> None:
    assert callable(make)
    root = make(tmp_path)
    module, folder = (icenet, "etc/icenet/services") if make is icenet_host else (avyos, "config/services")
    (tmp_path / folder).chmod(0)
    with permissions_count():
        reading = module.read(Tree(root))
    (tmp_path / folder).chmod(0o755)
    assert any("may not be read by this user" in sentence for sentence in reading.unseen)


@pytest.mark.parametrize("module", [icenet, avyos])
def test_garbage_and_absence_are_no_services(module: object, tmp_path: Path) -> None:
    assert module in (icenet, avyos)
    assert icenet.probe(str(tmp_path))[0] is False
    assert avyos.probe(str(tmp_path))[0] is False
    root = plant(
        tmp_path,
        {
            "/proc/stat": b"btime x\n\xff",
            "/proc/7/stat": b"\xff",
            "/proc/7/cmdline": b"\0",
            "/etc/icenet/services/x": b"\0\xff=\n" * 99,
            "/config/services/x.service": b"\xff\0" * 500,
        },
    )
    assert icenet.read(Tree(root)).services == {}
    assert [detail.service.load for detail in avyos.read(Tree(root)).services.values()] == [Load.BAD_SETTING]


async def test_a_new_definition_is_told(tmp_path: Path) -> None:
    init = icenet.make(icenet_host(tmp_path))
    async with Reading(init.services(), "scope", "name") as reading:
        plant(tmp_path, {"/etc/icenet/services/late": "exec=/bin/late\n"})
        await reading.until(lambda: ("system", "late") in reading.rows)
    await init.stop()
