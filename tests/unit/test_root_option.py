"""`avyctl --root DIR`: looking at a mounted image."""

import json
from pathlib import Path

import pytest

from hosts import aerynos, arkes, avyos
from oneshots import avyctl


async def test_a_mounted_image_is_told_by_its_files(tmp_path: Path) -> None:
    arkes(tmp_path)
    ended = await avyctl("/nonexistent", "--root", str(tmp_path), "deployments", "list", "-o", "json")
    assert ended.code == 0, ended.err
    assert [row["state"] for row in json.loads(ended.out)] == ["pending", "booted", "rollback"]


@pytest.mark.parametrize(
    ("words", "name"),
    [
        (["apps", "list"], "dev.avyos.files"),
        (["distro", "list"], "alpine"),
        (["system", "status"], "avyos"),
        (["deployments", "status"], "image"),
    ],
)
async def test_every_service_that_reads_files_takes_it(tmp_path: Path, words: list[str], name: str) -> None:
    ended = await avyctl("/nonexistent", *words, f"--root={avyos(tmp_path)}")
    assert ended.code == 0, ended.err
    assert name in ended.out.decode()


async def test_what_only_a_daemon_knows_says_so(tmp_path: Path) -> None:
    ended = await avyctl("/nonexistent", "--root", avyos(tmp_path), "containers", "list")
    assert ended.code == 7
    assert b"only their sockets could tell" in ended.err


async def test_two_roots_in_one_script_are_two_systems(tmp_path: Path) -> None:
    one, two = arkes(tmp_path / "one"), aerynos(tmp_path / "two")
    script = f"deployments status --root {one} -o json\ndeployments status --root {two} -o json\n"
    ended = await avyctl("/nonexistent", "--exec", "-", stdin=script.encode())
    assert [json.loads(line)["engine"] for line in ended.out.splitlines()] == ["ostree", "moss"]


async def test_info_says_what_would_answer_there(tmp_path: Path) -> None:
    ended = await avyctl("/nonexistent", "--root", aerynos(tmp_path), "info", "-j")
    told = {answer["service"]: answer for answer in json.loads(ended.out)["endpoints"]}
    assert told["dev.avyctl.deployments"]["backend"] == "moss"
    assert "absent" in told["dev.avyctl.distro"]["reason"]


async def test_a_relative_root_is_one_of_where_one_stands(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    arkes(tmp_path / "image")
    monkeypatch.chdir(tmp_path)
    assert (await avyctl("/nonexistent", "--root", "image", "deployments", "status")).code == 0


@pytest.mark.parametrize("root", ["/nonexistent", "/etc/passwd", ""])
async def test_a_root_that_is_no_folder_is_refused(root: str) -> None:
    ended = await avyctl("/nonexistent", "--root", root, "deployments", "list")
    assert ended.code == 2
    assert b"--root" in ended.err


async def test_line_mode_looks_there_too(tmp_path: Path) -> None:
    ended = await avyctl("/nonexistent", "--line", "--root", avyos(tmp_path), stdin=b"q\n")
    assert ended.code == 0, ended.err
    assert b"avyos" in ended.out
