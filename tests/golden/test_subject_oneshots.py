"""What the one-shots of deployments, apps, distros and containers print, byte for byte; AVYCTL_WRITE_GOLDEN=1 writes the files anew."""

import os
import tempfile
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack
from pathlib import Path

import pytest
from msgspec.structs import replace

from hosts import HOSTILE
from oneshots import avyctl
from services.apps.fake import ROWS as APPS
from services.apps.fake import FakeApps
from services.containers.fake import FakeContainers
from services.core.server import Server
from services.deployments.fake import FakeDeployments
from services.distro.fake import FakeDistro
from serving import about
from sutra_client.gen import apps, containers, deployments, distro

DATA = Path(__file__).parent / "subjects"
CASES: dict[str, tuple[int, list[str]]] = {
    "deployments-list": (0, ["deployments", "list"]),
    "deployments-list-wide": (0, ["deployments", "list", "-o", "wide"]),
    "deployments-list-json": (0, ["deployments", "list", "-o", "json"]),
    "deployments-list-name": (0, ["deployments", "list", "-o", "name"]),
    "deployments-list-size": (0, ["deployments", "list", "--fields", "size", "--columns", "version,size"]),
    "deployments-status": (0, ["deployments", "status"]),
    "deployments-show": (0, ["deployments", "show", f"{'b' * 64}.0"]),
    "deployments-show-not-found": (4, ["deployments", "show", "x"]),
    "deployments-findings": (0, ["deployments", "findings"]),
    "apps-list": (0, ["apps", "list"]),
    "apps-list-json": (0, ["apps", "list", "-o", "json"]),
    "apps-show": (0, ["apps", "show", "dev.avyos.files"]),
    "apps-findings": (0, ["apps", "findings"]),
    "distro-list": (0, ["distro", "list"]),
    "distro-list-yaml": (0, ["distro", "list", "-o", "yaml"]),
    "containers-list": (0, ["containers", "list"]),
    "containers-list-wide": (0, ["containers", "list", "-o", "wide"]),
    "containers-list-where": (0, ["containers", "list", "--where", "health=unhealthy", "-o", "name"]),
    "containers-engines": (0, ["containers", "engines"]),
    "containers-findings": (0, ["containers", "findings"]),
}


@pytest.fixture
async def folder() -> AsyncIterator[str]:
    hostile = replace(APPS[0], id="hostile", name=HOSTILE, path=b"/apps/\xff\x1b")
    backends = (
        (deployments.SERVICE, FakeDeployments()),
        (apps.SERVICE, FakeApps([*APPS, hostile])),
        (distro.SERVICE, FakeDistro()),
        (containers.SERVICE, FakeContainers()),
    )
    async with AsyncExitStack() as stack:
        path = stack.enter_context(tempfile.TemporaryDirectory())
        for service, backend in backends:
            running = Server(service, backend, about)
            await running.listen(path)
            stack.push_async_callback(running.stop)
        yield path


@pytest.mark.parametrize("name", CASES)
async def test_every_byte_is_as_agreed(folder: str, name: str) -> None:
    code, words = CASES[name]
    ended = await avyctl(folder, *words)
    for suffix, text in ((".out", ended.out), (".err", ended.err)):
        path = DATA / f"{name}{suffix}"
        if os.environ.get("AVYCTL_WRITE_GOLDEN") and text:
            DATA.mkdir(exist_ok=True)
            path.write_bytes(text)
        assert text.decode() == (path.read_text() if path.exists() else "")
    assert ended.code == code
    assert all(line.isprintable() for line in (ended.out + ended.err).decode().split("\n")), "something for the terminal came through"


def test_no_golden_file_is_left_over() -> None:
    assert {path.stem for path in DATA.iterdir()} <= set(CASES)
