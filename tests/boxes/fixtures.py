"""Boxes for tests. Name them as arguments: one that comes up in the middle of a test would count as left behind by it."""

import os
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from pathlib import Path

import pytest

import facilities
from boxes import reaping
from boxes.box import Box
from boxes.sysroot import Sysroot


@pytest.fixture(scope="session")
def boxes_there() -> Iterator[None]:
    """Skips, or fails in CI, where boxes cannot be; takes away what earlier runs that were killed left."""
    facilities.require("box")
    reaping.reap()
    yield
    left = [folder.name for folder in reaping.boxes().glob(f"b{os.getpid()}-*")]
    assert not left, f"boxes were left behind: {left}"


@pytest.fixture(scope="session")
def systemd_box(boxes_there: None) -> Iterator[Box]:
    """The run's own booted systemd: logind, journald, dbus, polkit, NetworkManager, podman, sshd. Shared: leave it as it was."""
    with Box.start() as box:
        yield box


@pytest.fixture(scope="session")
def device_box(boxes_there: None) -> Iterator[Box]:
    """Like systemd_box, with udevd, so that UDisks2 and NetworkManager see devices come and go.

    Touch only loop devices that the test made: the machine's own disk is listed too.
    """
    with Box.start(devices=True) as box:
        yield box


@pytest.fixture
def fresh_box(boxes_there: None) -> Iterator[Callable[..., Box]]:
    """`fresh_box(devices=False)` boots one that the test alone has and may wreck."""
    with ExitStack() as stack:
        yield lambda devices=False: stack.enter_context(Box.start(devices))


@pytest.fixture
def ostree_sysroot(tmp_path: Path) -> Iterator[Sysroot]:
    """Three deployments of one stateroot, nothing pinned; version 2026.08.23 is index 0."""
    facilities.require("ostree")
    sysroot = Sysroot(tmp_path / "sysroot")
    for number in (1, 2, 3):
        sysroot.commit(number)
        sysroot.deploy()
    yield sysroot
    sysroot.remove()
