"""OSTree deployments as they are told from files alone."""

import threading
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from denied import permissions_count
from hosts import BOOT_CHECKSUM, CHECKSUMS, HOSTILE, arkes, device_of, entry, staged
from planted import plant
from services.core.files import Found
from services.core.kernel import Usage
from services.core.tree import Tree
from services.deployments import bls, ostree
from services.deployments.backend import FileDeployments
from services.deployments.ostree_findings import space
from streams import Reading, first
from sutra_client import errors
from sutra_client.errors import SutraError
from sutra_client.gen.deployments import Deployment, Engine, Unlocked

NEWEST, MIDDLE, OLDEST = CHECKSUMS
FOLDER = "/ostree/deploy/arkes/deploy"


def look(root: Path) -> Found[Deployment]:
    return ostree.read(Tree(str(root)))


def rows_of(root: Path) -> list[Deployment]:
    return list(look(root).rows.values())


def found(root: Path) -> dict[str, str]:
    return {finding.id: finding.evidence for finding in look(root).findings.values()}


def test_deployments_come_in_boot_order_with_what_they_are_to_the_running_one(tmp_path: Path) -> None:
    arkes(tmp_path)
    rows = rows_of(tmp_path)
    assert [(row.index, row.checksum, row.state) for row in rows] == [
        (0, NEWEST, "pending"),
        (1, MIDDLE, "booted"),
        (2, OLDEST, "rollback"),
    ]
    assert rows[1].version == "2026.08.2.2"
    assert (rows[1].kernel, rows[1].origin, rows[1].stateroot) == ("6.12.1", "arkes/system", "arkes")
    assert rows[1].kernel_arguments == ["root=LABEL=SYS_ROOT", "rw"]
    assert rows[1].path == f"{FOLDER}/{MIDDLE}.0".encode()
    assert all(row.usable for row in rows)


def test_without_a_running_deployment_nothing_is_pending_or_a_way_back(tmp_path: Path) -> None:
    arkes(tmp_path, booted=None)
    assert [row.state for row in rows_of(tmp_path)] == [None, None, None]


def test_the_running_one_is_known_though_its_boot_link_was_replaced(tmp_path: Path) -> None:
    arkes(tmp_path, cmdline=f"ostree=/ostree/boot.0/arkes/{'f' * 64}/0")
    plant(tmp_path, {"/boot/loader.1/entries/ostree-2-arkes.conf": entry(2, 1).replace(BOOT_CHECKSUM, "f" * 64)})
    plant(tmp_path, {f"/ostree/boot.1.1/arkes/{'f' * 64}/1": f"-> ../../../deploy/arkes/deploy/{MIDDLE}.0"})
    assert [row.checksum for row in rows_of(tmp_path) if row.booted] == [MIDDLE]


def test_a_composefs_root_is_known_by_what_it_stands_on(tmp_path: Path) -> None:
    arkes(tmp_path, booted=None)
    (tmp_path / "run/ostree-booted").write_bytes(device_of(tmp_path / f"{FOLDER}/{OLDEST}.0".lstrip("/")))
    assert [row.checksum for row in rows_of(tmp_path) if row.booted] == [OLDEST]


def test_a_staged_deployment_comes_first_and_waits_for_a_reboot(tmp_path: Path) -> None:
    arkes(tmp_path)
    plant(
        tmp_path, {"/run/ostree/staged-deployment": staged("arkes", f"{NEWEST}.1"), f"{FOLDER}/{NEWEST}.1.origin": "[origin]\nrefspec=x\n"}
    )
    (tmp_path / f"{FOLDER}/{NEWEST}.1".lstrip("/")).mkdir()
    rows = rows_of(tmp_path)
    assert [(row.index, row.id[-2:], row.state) for row in rows][:2] == [(0, ".1", "staged"), (1, ".0", None)]
    assert rows[0].kernel_arguments == ["rw", "quiet"]
    assert rows[0].usable
    assert "takes over at the next reboot" in found(tmp_path)["staged"]


def test_pins_locks_and_images_are_read_from_origins(tmp_path: Path) -> None:
    arkes(tmp_path)
    origin = "[origin]\n# comment\ncontainer-image-reference = ostree-unverified:registry:q/x \n\n[libostree-transient]\npinned=true\n"
    plant(tmp_path, {f"{FOLDER}/{OLDEST}.0.origin": origin, f"{FOLDER}/{NEWEST}.0.origin": "[origin]\nrefspec=x\nunlocked=hotfix\n"})
    plant(tmp_path, {f"/run/ostree/deployment-state/{MIDDLE}.0/unlocked-development": ""})
    newest, middle, oldest = rows_of(tmp_path)
    assert (oldest.origin, oldest.pinned, oldest.state) == ("ostree-unverified:registry:q/x", True, "rollback, pinned")
    assert (newest.unlocked, middle.unlocked, oldest.unlocked) == (Unlocked.HOTFIX, Unlocked.DEVELOPMENT, Unlocked.NONE)
    assert "does not last" in found(tmp_path)[f"unlocked:{MIDDLE}.0"]


def test_the_same_commit_in_two_stateroots_has_two_ids(tmp_path: Path) -> None:
    arkes(tmp_path)
    other = f"/ostree/deploy/other/deploy/{MIDDLE}.0"
    plant(tmp_path, {"/boot/loader.1/entries/ostree-1-other.conf": entry(1, 0, "other"), f"{other}/usr/lib/os-release": "ID=other\n"})
    plant(tmp_path, {f"/ostree/boot.1.1/other/{BOOT_CHECKSUM}/0": f"-> ../../../deploy/other/deploy/{MIDDLE}.0"})
    assert {row.id for row in rows_of(tmp_path)} == {f"{NEWEST}.0", f"arkes/{MIDDLE}.0", f"other/{MIDDLE}.0", f"{OLDEST}.0"}
    assert next(row for row in rows_of(tmp_path) if row.stateroot == "other").state is None


@pytest.mark.parametrize(
    ("damage", "identity", "words"),
    [
        (lambda root: (root / f"{FOLDER}/{NEWEST}.0.origin".lstrip("/")).unlink(), f"no-origin:{NEWEST}.0", "no origin"),
        (
            lambda root: plant(root, {f"{FOLDER}/{'d' * 64}.0/usr/lib/os-release": "ID=x\n"}),
            f"leftover:arkes/{'d' * 64}.0",
            "no boot entry",
        ),
        (
            lambda root: (root / f"{FOLDER}/{OLDEST}.0".lstrip("/")).rename(root / "gone"),
            f"no-tree:arkes/{OLDEST}.0",
            "is not",
        ),
        (lambda root: (root / f"ostree/boot.1.1/arkes/{BOOT_CHECKSUM}/2").unlink(), "entry:ostree-1-arkes.conf", "leads nowhere"),
        (
            lambda root: plant(root, {"/boot/loader.1/entries/ostree-9.conf": "title x\nversion 9\noptions rw\n"}),
            "entry:ostree-9.conf",
            "names no deployment",
        ),
        (
            lambda root: plant(root, {"/boot/loader.1/entries/ostree-9.conf": entry(9, 0)}),
            "entry:ostree-3-arkes.conf",
            "the same deployment as ostree-9.conf",
        ),
    ],
)
def test_each_damage_is_told_in_one_sentence(tmp_path: Path, damage: object, identity: str, words: str) -> None:
    arkes(tmp_path)
    assert callable(damage)
    damage(tmp_path)
    assert words in found(tmp_path)[identity]


def test_the_next_boot_is_told_when_it_is_another(tmp_path: Path) -> None:
    arkes(tmp_path)
    assert "the next boot starts 2026.08.2.3, and 2026.08.2.2 runs now" in found(tmp_path)["not-default"]


def test_a_single_deployment_has_no_way_back(tmp_path: Path) -> None:
    arkes(tmp_path, booted=0)
    for number in (1, 2):
        (tmp_path / f"boot/loader.1/entries/ostree-{3 - number}-arkes.conf").unlink()
    assert "no-rollback" in found(tmp_path)


def test_an_empty_sysroot_is_an_empty_list(tmp_path: Path) -> None:
    plant(tmp_path, {"/ostree/repo/config": "", "/ostree/deploy/x": ""})
    assert look(tmp_path)[:3] == ({}, {}, [])


async def test_no_sysroot_names_all_engines_that_were_looked_for(tmp_path: Path) -> None:
    from services.core.probing import choose

    with pytest.raises(SutraError) as raised:
        choose("x", "0", ("services.deployments.ostree", "services.deployments.moss", "services.deployments.avyos"), str(tmp_path))
    assert raised.value.code == errors.UNSUPPORTED
    for place in ("/ostree/deploy", "/.moss/db/state", "/avyos/cmd/init"):
        assert place in raised.value.message


def test_an_unreadable_boot_list_leaves_the_deployments_without_an_order(tmp_path: Path) -> None:
    arkes(tmp_path)
    (tmp_path / "boot/loader.1/entries").chmod(0)
    with permissions_count():
        state = look(tmp_path)
    (tmp_path / "boot/loader.1/entries").chmod(0o755)
    assert {row.checksum for row in state.rows.values()} == set(CHECKSUMS)
    assert [(row.index, row.kernel_arguments) for row in state.rows.values()] == [(None, None)] * 3
    assert [row.state for row in state.rows.values() if row.state] == ["booted"]
    assert "The order of the deployments" in state.unseen[0]
    assert not [identity for (identity,) in state.findings if str(identity).startswith("leftover")]


async def test_a_file_system_that_hangs_is_a_timeout_and_no_hang(tmp_path: Path) -> None:
    over = threading.Event()

    def hang(tree: Tree) -> Found[Deployment]:
        over.wait(20)
        return ostree.read(tree)

    backend = FileDeployments(Engine.OSTREE, "the deployments", hang, str(tmp_path))
    backend._reader._seconds = 0.05
    try:
        for _ in range(2):
            with pytest.raises(SutraError) as raised:
                await backend.status()
            assert raised.value.code == errors.TIMEOUT
        with pytest.raises(SutraError):
            await first(backend.deployments())
    finally:
        over.set()
        await backend.stop()


def test_a_fifo_in_the_place_of_a_file_holds_nothing_up(tmp_path: Path) -> None:
    import os

    arkes(tmp_path)
    for path in (f"{FOLDER}/{NEWEST}.0.origin", "/run/ostree-booted"):
        (tmp_path / path.lstrip("/")).unlink()
        os.mkfifo(tmp_path / path.lstrip("/"))
    assert rows_of(tmp_path)[0].origin is None


def test_hostile_names_stay_raw_and_lead_nowhere(tmp_path: Path) -> None:
    arkes(tmp_path)
    tree = f"{FOLDER}/{NEWEST}.0/usr/lib/os-release"
    plant(tmp_path, {f"{FOLDER}/{NEWEST}.0.origin": f"[origin]\nrefspec={HOSTILE}\n", "/secret": "PRETTY_NAME=secret\n"})
    (tmp_path / tree.lstrip("/")).unlink()
    (tmp_path / tree.lstrip("/")).symlink_to(tmp_path / "secret")
    assert (rows_of(tmp_path)[0].origin, rows_of(tmp_path)[0].os) == (HOSTILE, None)


@given(st.binary(max_size=300))
def test_garbage_in_an_entry_is_never_an_exception(data: bytes) -> None:
    bls.parse("ostree-1.conf", data)
    bls.parse("ostree-1.conf", b"version " + data + b"\noptions ostree=" + data)


@pytest.mark.parametrize(
    "path", [f"{FOLDER}/{NEWEST}.0.origin", "/run/ostree/staged-deployment", "/run/ostree-booted", "/ostree/repo/config"]
)
def test_garbage_in_a_file_leaves_the_rest_readable(tmp_path: Path, path: str) -> None:
    arkes(tmp_path)
    plant(tmp_path, {path: bytes(range(256)) * 40})
    state = look(tmp_path)
    assert len(state.rows) == 3
    if path.endswith("staged-deployment"):
        assert "something else than expected" in state.unseen[0]


async def test_a_pin_made_outside_is_told_as_one_change(tmp_path: Path) -> None:
    arkes(tmp_path)
    backend = ostree.make(str(tmp_path))
    async with Reading(backend.deployments(), "id") as reading:
        new = tmp_path / f"{FOLDER}/new".lstrip("/")
        new.write_text("[origin]\nrefspec=arkes/system\n[libostree-transient]\npinned=true\n")
        new.rename(tmp_path / f"{FOLDER}/{OLDEST}.0.origin".lstrip("/"))
        await reading.until(lambda: reading.rows[f"{OLDEST}.0",].pinned)
        assert [len(event.rows) for event in reading.told] == [3, 1]  # type: ignore[union-attr]
    await backend.stop()


async def test_sizes_come_after_the_rows_when_asked_for(tmp_path: Path) -> None:
    arkes(tmp_path)
    backend = ostree.make(str(tmp_path))
    async with Reading(backend.deployments(fields=["size"]), "id") as reading:
        await reading.until(lambda: all(row.size for row in reading.rows.values()))
    assert [row.size for row in await first(backend.deployments())] == [None] * 3
    await backend.stop()


async def test_one_deployment_is_found_by_the_beginning_of_its_id(tmp_path: Path) -> None:
    backend = ostree.make(arkes(tmp_path))
    assert (await backend.get("bb")).checksum == MIDDLE
    for wrong, code in (("x", errors.NOT_FOUND), ("", errors.NOT_FOUND)):
        with pytest.raises(SutraError) as raised:
            await backend.get(wrong)
        assert raised.value.code == code
    status = await backend.status()
    assert (status.count, status.booted, status.next, status.rollback) == (3, f"{MIDDLE}.0", f"{NEWEST}.0", f"{OLDEST}.0")
    await backend.stop()


def test_who_holds_the_lock_is_told_without_touching_it(tmp_path: Path) -> None:
    arkes(tmp_path)
    plant(tmp_path, {"/ostree/lock": "", "/proc/812/comm": "ostree\n"})
    about = (tmp_path / "ostree/lock").stat()
    device = f"{about.st_dev >> 8 & 0xFFF:02x}:{about.st_dev & 0xFF:02x}"
    plant(tmp_path, {"/proc/locks": f"1: FLOCK  ADVISORY  WRITE 812 {device}:{about.st_ino} 0 EOF\n"})
    assert look(tmp_path).busy == "ostree (pid 812)"


def test_space_that_runs_out_is_told_before_it_has() -> None:
    full = Usage(1000 << 20, 990 << 20, 10 << 20, 0, 0)
    roomy = Usage(1000 << 20, 100 << 20, 900 << 20, 0, 0)
    assert [finding.id for finding in space(full, 60 << 20, full, 3)] == ["space:/boot", "space:/sysroot"]
    assert not list(space(roomy, 60 << 20, roomy, 3))
    assert not list(space(None, None, None, 3))
