"""The OSTree sysroot that deployments are tested on is a real one, and can be booted as far as OSTree can tell."""

import json

import pytest

from boxes.bound import AVYCTL
from boxes.sysroot import Sysroot


def test_three_deployments_of_one_system(ostree_sysroot: Sysroot) -> None:
    assert len(set(ostree_sysroot.deployments())) == 3
    assert [f"Version: 2026.08.2{number}" in ostree_sysroot.status() for number in (1, 2, 3)] == [True] * 3
    assert (ostree_sysroot.tree(0) / "usr/lib/packages.txt").read_text().startswith("pkg-a 1.3")
    assert "root=LABEL=SYS_ROOT" in (ostree_sysroot.path / "boot/loader/entries/ostree-1-arkes.conf").read_text()


@pytest.mark.parametrize("index", [0, 1, 2])
def test_the_one_that_is_booted_says_so(ostree_sysroot: Sysroot, index: int) -> None:
    ostree_sysroot.pin(2)
    done = ostree_sysroot.booted(index, "ostree", "admin", "status")
    assert done.code == 0, done.err
    lines = [line for line in done.out.decode().splitlines() if "arkes" in line and "origin" not in line]
    assert [line.startswith("*") for line in lines] == [place == index for place in range(3)]
    assert [("(pending)" in line, "(rollback)" in line) for line in lines] == [
        (place == 0 < index, place == index + 1) for place in range(3)
    ]
    assert "Pinned: yes" in done.out.decode()


def test_avyctl_runs_in_a_booted_deployment(ostree_sysroot: Sysroot) -> None:
    done = ostree_sysroot.booted(1, AVYCTL, "system", "status", "-o", "json", "--embedded")
    assert done.code == 0, done.err
    assert json.loads(done.out)["hostname"]


def test_a_deployment_can_be_added_and_taken_away(ostree_sysroot: Sysroot) -> None:
    before = ostree_sysroot.deployments()
    ostree_sysroot.deploy(ostree_sysroot.commit(4))
    assert ostree_sysroot.deployments()[1:] == before
    ostree_sysroot.undeploy(0)
    assert ostree_sysroot.deployments() == before
