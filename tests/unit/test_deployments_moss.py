"""moss' states and avyos' image as deployments."""

import sqlite3
import threading
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from denied import permissions_count
from hosts import HOSTILE, aerynos, avyos
from services.core.files import Found
from services.core.tree import Tree
from services.deployments import avyos as image
from services.deployments import moss
from services.deployments.backend import FileDeployments
from streams import Reading
from sutra_client import errors
from sutra_client.errors import SutraError
from sutra_client.gen.deployments import Deployment, Engine


def look(root: Path) -> Found[Deployment]:
    return moss.read(Tree(str(root)))


def test_states_come_newest_first_with_what_can_be_activated(tmp_path: Path) -> None:
    aerynos(tmp_path)
    rows = list(look(tmp_path).rows.values())
    assert [(row.id, row.index, row.state, row.usable) for row in rows] == [
        ("6", 6, None, False),
        ("5", 5, "booted", True),
        ("4", 4, "rollback", True),
    ]
    assert (rows[1].version, rows[1].kernel, rows[1].made) == ("2026.10", "6.12.40-1.desktop", 1_785_000_000_000_000)
    assert (rows[2].version, rows[2].packages, rows[2].subject, rows[2].path) == ("2026.09", 2, "Install", b"/.moss/root/4/usr")
    assert rows[0].subject == HOSTILE


def test_an_active_state_that_was_not_booted_waits_for_a_reboot(tmp_path: Path) -> None:
    aerynos(tmp_path, active=5, started=4)
    found = look(tmp_path)
    assert [(row.id, row.state) for row in found.rows.values()] == [("6", None), ("5", "active"), ("4", "rollback")]
    assert found.rows["4",].booted
    assert "started from state 4" in found.findings["not-booted",].evidence


def test_unfinished_transactions_are_told(tmp_path: Path) -> None:
    aerynos(tmp_path)
    staging = tmp_path / ".moss/root/staging/usr"
    staging.mkdir(parents=True)
    (staging / ".stateID").write_text("3")
    found = look(tmp_path).findings
    assert "making it did not end" in found["no-tree:6",].evidence
    assert "/.moss/root/3/usr" in found["staging",].next


def test_a_transaction_at_work_is_busy_and_nothing_is_locked(tmp_path: Path) -> None:
    aerynos(tmp_path)
    writer = sqlite3.connect(tmp_path / ".moss/db/state", isolation_level=None)
    writer.execute("begin exclusive")
    assert len(look(tmp_path).rows) == 3  # nothing is written yet: the file is whole
    writer.execute("insert into state (summary) values ('Sync')")
    with pytest.raises(SutraError) as raised:
        look(tmp_path)
    assert raised.value.code == errors.BUSY
    writer.execute("commit")
    writer.close()
    assert len(look(tmp_path).rows) == 4


@pytest.mark.parametrize("created", ["2026-08-01 12:00:00", "never", None, -5, 1 << 60, b"\xff"])
def test_times_of_other_versions_are_read_or_unknown(tmp_path: Path, created: object) -> None:
    aerynos(tmp_path)
    database = tmp_path / ".moss/db/state"
    database.unlink()
    connection = sqlite3.connect(database)
    connection.executescript("create table state (id, created, summary); create table state_selections (state_id, package_id);")
    connection.execute("insert into state values (5, ?, ?)", (created, b"\xffraw"))
    connection.commit()
    connection.close()
    [row] = look(tmp_path).rows.values()
    assert row.made == (1_785_585_600_000_000 if isinstance(created, str) and created[0] == "2" else None)


@pytest.mark.parametrize(
    "schema",
    [
        "create view state as with recursive r(id) as (select 1 union all select id + 1 from r)"
        " select id, id as created, '' as summary from r;",
        "create view state as select 1 as id, 1 as created, hex(zeroblob(2000000)) as summary;",
        "create table state (id);",
    ],
)
def test_a_hostile_database_is_an_error_soon(tmp_path: Path, schema: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(moss, "MOST_STEPS", 100)
    aerynos(tmp_path)
    database = tmp_path / ".moss/db/state"
    database.unlink()
    connection = sqlite3.connect(database)
    connection.executescript(schema + "create table state_selections (state_id, package_id);")
    connection.close()
    with pytest.raises(SutraError) as raised:
        look(tmp_path)
    assert raised.value.code == errors.FAILED


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=30)
@given(st.binary(max_size=200))
def test_a_database_of_garbage_is_an_error_with_its_path(tmp_path: Path, data: bytes) -> None:
    (tmp_path / ".moss/db").mkdir(parents=True, exist_ok=True)
    (tmp_path / ".moss/db/state").write_bytes(data)
    with pytest.raises(SutraError, match=r"/\.moss/db/state"):
        look(tmp_path)


async def test_a_database_that_may_not_be_read_is_denied(tmp_path: Path) -> None:
    backend = moss.make(aerynos(tmp_path))
    (tmp_path / ".moss/db/state").chmod(0)
    with permissions_count(), pytest.raises(SutraError) as raised:
        await backend.status()
    assert raised.value.code == errors.DENIED
    await backend.stop()


async def test_a_database_on_a_mount_that_hangs_is_a_timeout(tmp_path: Path) -> None:
    over = threading.Event()

    def hang(tree: Tree) -> Found[Deployment]:
        over.wait(20)
        return moss.read(tree)

    backend = FileDeployments(Engine.MOSS, "the moss states", hang, aerynos(tmp_path))
    backend._reader._seconds = 0.05
    with pytest.raises(SutraError) as raised:
        await backend.status()
    assert raised.value.code == errors.TIMEOUT
    over.set()
    await backend.stop()


async def test_a_new_state_is_told_when_its_transaction_ends(tmp_path: Path) -> None:
    backend = moss.make(aerynos(tmp_path))
    async with Reading(backend.deployments(), "id") as reading:
        (tmp_path / ".moss/root/6/usr").mkdir(parents=True)
        await reading.until(lambda: reading.rows["6",].usable is True)
        connection = sqlite3.connect(tmp_path / ".moss/db/state")
        connection.execute("insert into state (summary) values ('Remove')")
        connection.commit()
        connection.close()
        await reading.until(lambda: ("7",) in reading.rows)
    await backend.stop()


def test_a_host_without_moss_says_what_is_absent(tmp_path: Path) -> None:
    assert moss.probe(str(tmp_path)) == (False, "no moss: /.moss/db/state is absent")


def test_avyos_has_one_image(tmp_path: Path) -> None:
    [row] = image.read(Tree(avyos(tmp_path))).rows.values()
    assert (row.id, row.engine, row.version, row.state, row.kernel) == ("image", Engine.AVYOS, "0.4", "booted", "6.12.40-avyos")


def test_an_image_of_avyos_that_is_only_looked_at_does_not_run(tmp_path: Path) -> None:
    (tmp_path / "avyos/cmd").mkdir(parents=True)
    (tmp_path / "avyos/cmd/init").touch()
    [row] = image.read(Tree(str(tmp_path))).rows.values()
    assert (row.state, row.kernel, row.version) == (None, None, None)
