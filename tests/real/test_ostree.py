"""Deployments of a real OSTree, compared with what `ostree admin status` itself says."""

import re
from collections.abc import Iterator
from pathlib import Path

import pytest

from services.deployments import ostree
from streams import Reading, first
from sutra_client.gen.deployments import Signature
from sysroots import Sysroot

pytestmark = pytest.mark.needs("ostree")

_LINE = re.compile(r"^([* ]) (\S+) ([0-9a-f]{64}\.\d+)(?: \((\w+)\))?$")


@pytest.fixture
def sysroot(tmp_path: Path) -> Iterator[Sysroot]:
    """With three deployments, newest first."""
    made = Sysroot(tmp_path / "sysroot")
    for number in (1, 2, 3):
        made.deploy(number)
    yield made
    made.remove()


def told(status: str) -> list[dict[str, str]]:
    """`ostree admin status`, by deployment."""
    found: list[dict[str, str]] = []
    for line in status.splitlines():
        head = _LINE.match(line)
        if head:
            found.append({"booted": head[1].strip(), "stateroot": head[2], "id": head[3], "label": head[4] or ""})
        else:
            name, _, value = line.strip().partition(": ")
            found[-1][name] = value
    return found


async def test_every_deployment_is_told_as_ostree_tells_it(sysroot: Sysroot) -> None:
    sysroot.admin("pin", "2")
    backend = ostree.make(str(sysroot.path))
    rows = await first(backend.deployments())
    expected = told(sysroot.admin("status"))
    assert len(rows) == 3
    for index, (row, deployment) in enumerate(zip(rows, expected, strict=True)):
        assert (row.index, row.id, row.stateroot) == (index, deployment["id"], deployment["stateroot"])
        assert (row.version, row.origin) == (deployment["Version"], deployment["origin refspec"])
        assert row.pinned == (deployment.get("Pinned") == "yes")
        assert (row.usable, row.signature) == (True, Signature.UNSIGNED)
    assert [row.subject for row in rows] == ["build 3", "build 2", "build 1"]
    assert [row.kernel for row in rows] == ["6.1.0-3", "6.1.0-2", "6.1.0-1"]
    assert rows[0].made == 1_785_758_400_000_000
    assert rows[0].kernel_arguments == ["root=LABEL=SYS_ROOT", "quiet"]
    assert await first(backend.findings()) == []
    await backend.stop()


async def test_a_pin_and_an_undeploy_made_outside_are_told_at_once(sysroot: Sysroot) -> None:
    backend = ostree.make(str(sysroot.path))
    async with Reading(backend.deployments(), "id") as reading:
        oldest = next(row for row in reading.rows.values() if row.index == 2)
        sysroot.admin("pin", "2")
        await reading.until(lambda: reading.rows[oldest.id,].pinned)
        sysroot.admin("undeploy", "1")
        await reading.until(lambda: len(reading.rows) == 2 and reading.rows[oldest.id,].index == 1)
        sysroot.deploy(4)
        await reading.until(lambda: len(reading.rows) == 3)
        assert {row.version for row in reading.rows.values()} == {"2026.08.4", "2026.08.3", "2026.08.1"}
    await backend.stop()


async def test_reading_takes_no_lock_and_changes_nothing(sysroot: Sysroot) -> None:
    before = {path: path.lstat().st_mtime_ns for path in sysroot.path.rglob("*")}
    backend = ostree.make(str(sysroot.path))
    await backend.status()
    await first(backend.deployments())
    await backend.stop()
    assert {path: path.lstat().st_mtime_ns for path in sysroot.path.rglob("*")} == before


@pytest.mark.needs("root")
async def test_booted_pending_staged_and_rollback_are_those_of_ostree(sysroot: Sysroot) -> None:
    folder = told(sysroot.admin("status"))[1]["id"]
    # The command line is the host's own, and /run vanishes with the namespace: both are carried over to where the tree is read.
    stage = "ostree admin deploy --stage --retain arkes/system >/dev/null 2>&1"
    script = f"{stage}; ostree admin status; od -An -v -tx1 /run/ostree/staged-deployment"
    said = sysroot.booted(folder, "sh", "-c", script)
    lines = said.splitlines()
    dump = "".join(line for line in lines if re.fullmatch(r"(?: [0-9a-f]{2})+", line))
    status = "\n".join(line for line in lines if not re.fullmatch(r"(?: [0-9a-f]{2})+", line))
    expected = told(status)
    run = sysroot.path / "run/ostree"
    run.mkdir(parents=True)
    (run / "staged-deployment").write_bytes(bytes.fromhex(dump))
    entry = next((sysroot.path / "boot/loader/entries").glob("ostree-2-*.conf")).read_text()
    link = next(word for word in entry.split() if word.startswith("ostree="))
    (sysroot.path / "proc").mkdir(exist_ok=True)
    (sysroot.path / "proc/cmdline").write_text(f"quiet {link}\n")
    (sysroot.path / "proc/stat").write_text("")
    backend = ostree.make(str(sysroot.path))
    rows = await first(backend.deployments())
    assert [row.id for row in rows] == [deployment["id"] for deployment in expected]
    assert ["*" if row.booted else "" for row in rows] == [deployment["booted"] for deployment in expected]
    labels = [deployment["label"] or ("booted" if deployment["booted"] else "") for deployment in expected]
    assert [row.state or "" for row in rows] == labels == ["staged", "", "booted", "rollback"]
    await backend.stop()
