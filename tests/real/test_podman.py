"""Containers of a real podman, compared with what podman itself says."""

import asyncio
import json
from collections.abc import Iterator
from typing import Any

import pytest

from boxes.box import Box
from services.containers.podman import EngineContainers
from streams import Reading, first
from sutra_client.gen.containers import Container, State

IMAGE = "localhost/avyctl-busybox:1"
CONTAINERFILE = b"FROM scratch\nCOPY busybox /bin/busybox\nENV PATH=/bin\n"
SLEEP = ["/bin/busybox", "sleep", "1000"]
RUN = ["podman", "run", "-d", "--network=none"]


@pytest.fixture(scope="module")
def box(systemd_box: Box) -> Iterator[Box]:
    """The box with an image in it, and without containers afterwards."""
    folder = "/var/tmp/avyctl-image"
    systemd_box.text("mkdir", "-p", folder)
    systemd_box.text("cp", "/usr/bin/busybox", f"{folder}/busybox")
    built = systemd_box.run(["podman", "build", "-q", "-t", IMAGE, "-f", "-", folder], stdin=CONTAINERFILE, timeout=120)
    assert built.code == 0, built.err.decode()
    yield systemd_box
    systemd_box.text("podman", "rm", "-a", "-f", "-t", "0")
    systemd_box.text("podman", "rmi", "-f", IMAGE)
    systemd_box.text("rm", "-r", folder)


def containers_of(box: Box) -> EngineContainers:
    return EngineContainers([str(box.root / "run/podman/podman.sock")])


async def test_every_container_is_told_as_podman_tells_it(box: Box) -> None:
    box.text("podman", "pod", "create", "--infra=false", "--share=", "avy-pod")
    box.text(*RUN, "--name=avy-web", "--pod=avy-pod", "--restart=always", IMAGE, *SLEEP)
    box.text(*RUN, "--name=avy-job", "--restart=on-failure:1", IMAGE, "/bin/busybox", "sh", "-c", "exit 7")
    box.text("podman", "create", "--network=none", "--name=avy-new", IMAGE, *SLEEP)
    box.run(["podman", "wait", "avy-job"])
    backend = containers_of(box)
    rows = {row.id: row for row in await first(backend.containers())}
    told = {each["Id"]: each for each in json.loads(box.text("podman", "ps", "-a", "--pod", "--format", "json"))}
    assert rows.keys() == told.keys()
    for identity, row in rows.items():
        agrees(row, told[identity])
    named = {row.name: row for row in rows.values()}
    assert (named["avy-web"].restart_policy, named["avy-web"].pod, named["avy-web"].command) == ("always", "avy-pod", SLEEP)
    assert named["avy-job"].exit_code == 7
    assert (named["avy-new"].state, named["avy-new"].started) == (State.CREATED, None)
    assert [finding.object for finding in await first(backend.findings())] == ["avy-job"]
    await backend.stop()
    box.text("podman", "pod", "rm", "-f", "avy-pod")
    box.text("podman", "rm", "-f", "-t", "0", "avy-job", "avy-new")


def agrees(row: Container, told: dict[str, object]) -> None:
    """With one element of `podman ps --format json`."""
    assert row.names == told["Names"]
    assert row.image == (told["Image"] or None)
    assert str(row.state) == told["State"]
    assert row.pod == (told["PodName"] or None)
    assert row.pid == (told["Pid"] or None)
    assert (row.started or 0) // 1_000_000 == max(0, int(str(told["StartedAt"])))
    ports: Any = told["Ports"] or []
    assert row.ports == [f"{port['host_port']}->{port['container_port']}/{port['protocol']}" for port in ports]


async def test_a_container_that_appears_and_vanishes_is_told_at_once(box: Box) -> None:
    backend = containers_of(box)
    async with Reading(backend.containers(), "id") as reading:
        ran = await asyncio.to_thread(box.text, *RUN, "--name=avy-live", IMAGE, *SLEEP)
        identity = ran.strip()
        await reading.until(lambda: (identity,) in reading.rows and reading.rows[identity,].state == State.RUNNING)
        await asyncio.to_thread(box.text, "podman", "rm", "-f", "-t", "0", "avy-live")
        await reading.until(lambda: (identity,) not in reading.rows)
    await backend.stop()


async def test_sizes_are_podmans_own(box: Box) -> None:
    script = "/bin/busybox dd if=/dev/zero of=/big bs=1k count=100; /bin/busybox sleep 1000"
    box.text(*RUN, "--name=avy-size", IMAGE, "/bin/busybox", "sh", "-c", script)
    box.text("podman", "create", "--network=none", "--name=avy-none", IMAGE, *SLEEP)
    backend = containers_of(box)
    async with Reading(backend.containers(fields=["size"]), "id") as reading:
        await reading.until(lambda: all(row.size is not None for row in reading.rows.values()))
        [row] = [row for row in reading.rows.values() if row.name == "avy-size"]
        assert row.size >= 100 << 10
        assert [row.size for row in reading.rows.values() if row.name == "avy-none"] == [0]
    await backend.stop()
    box.text("podman", "rm", "-f", "-t", "0", "avy-size", "avy-none")


async def test_the_one_shot_lists_them_in_the_box(box: Box) -> None:
    box.text("podman", "create", "--network=none", "--name=avy-shot", IMAGE, *SLEEP)
    ended = box.avyctl("containers", "list", "-o", "json")
    assert ended.code == 0, ended.err.decode()
    assert [row["name"] for row in json.loads(ended.out)] == ["avy-shot"]
    refused = box.avyctl("containers", "list", user="rita")
    assert refused.code == 5
    box.text("podman", "rm", "-f", "avy-shot")
