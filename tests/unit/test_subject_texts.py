"""Deployments, apps, distros and containers in words."""

import pytest
from msgspec.structs import replace

from services.apps.fake import ROWS as APPS
from services.containers.fake import ROWS as CONTAINERS
from services.deployments.fake import ROWS as DEPLOYMENTS
from services.deployments.summary import status
from services.distro.fake import ROWS as DISTROS
from sutra_client import apps_text, containers_text, deployments_text, distro_text
from sutra_client.gen.containers import Health, State
from sutra_client.gen.deployments import Engine, Unlocked
from sutra_client.glyphs import ASCII


def test_a_list_of_deployments_is_titled_by_its_engine() -> None:
    told = status(Engine.OSTREE, DEPLOYMENTS, [])
    assert deployments_text.title(told) == "OSTree, arkes   4 deployments"
    assert (
        deployments_text.title(replace(told, count=1, stateroot=None, busy="ostree (pid 8)"))
        == "OSTree   1 deployment   ostree (pid 8) is at work"
    )
    assert deployments_text.title(None) == ""


def test_each_deployment_has_a_glyph_and_a_tone() -> None:
    pairs = [(deployments_text.glyph(row, ASCII), deployments_text.tone(row)) for row in DEPLOYMENTS]
    assert pairs == [(">", "warning"), ("o", "ok"), (" ", ""), ("x", "error")]


def test_a_deployment_that_waits_says_what_a_reboot_does() -> None:
    lines = deployments_text.detail(DEPLOYMENTS[0], DEPLOYMENTS)
    assert lines[-1] == "a reboot makes 2026.11.19 current; 2026.11.02 becomes the rollback"
    assert f"id        {'a' * 64}.0" in lines
    assert "kernel    6.12.41  root=LABEL=SYS_ROOT rw quiet" in lines
    assert deployments_text.reboot(DEPLOYMENTS[2], DEPLOYMENTS) == ""


def test_what_is_odd_about_a_deployment_has_a_line() -> None:
    odd = replace(DEPLOYMENTS[2], usable=False, unlocked=Unlocked.HOTFIX, packages=231, size=1 << 30, version=None)
    lines = deployments_text.detail(odd)
    assert "packages  231" in lines and "size 1G" in lines[0]
    assert any(line.startswith("/usr      unlocked (hotfix)") for line in lines)
    assert any(line.startswith("broken") for line in lines)
    assert deployments_text.label(odd) == "c" * 12


def test_apps_say_what_runs_and_what_is_broken() -> None:
    assert apps_text.title(APPS) == "3 apps   1 running"
    assert apps_text.title(APPS[:1]) == "1 app   1 running"
    assert apps_text.title([replace(APPS[0], running=None)]) == "1 app"
    assert [(apps_text.glyph(row, ASCII), apps_text.tone(row)) for row in APPS] == [("o", "ok"), ("x", "error"), (".", "")]
    assert apps_text.detail(APPS[0])[-1] == "running   pid 812"
    assert "broken    its program /apps/dev.avyos.edit/exec is not there" in apps_text.detail(APPS[1])
    assert "from      flathub  stable  x86_64" in apps_text.detail(APPS[2])
    assert "another app of the same id comes before it" in apps_text.detail(replace(APPS[2], shadowed=True))


def test_distros_say_what_runs_in_them() -> None:
    assert distro_text.title(DISTROS) == "2 distros   1 in use"
    assert [(distro_text.glyph(row, ASCII), distro_text.tone(row)) for row in DISTROS] == [("o", "ok"), ("x", "error")]
    assert "running   pid 4711 4712 and 3 more" in distro_text.detail(replace(DISTROS[0], processes=5))
    assert distro_text.detail(DISTROS[1])[-1].startswith("broken    it has no /bin")


def test_containers_say_how_they_fare() -> None:
    assert containers_text.title(CONTAINERS) == "4 containers   2 running   1 unhealthy"
    pairs = [(containers_text.glyph(row, ASCII), containers_text.tone(row)) for row in CONTAINERS]
    assert pairs == [("o", "ok"), ("x", "error"), ("x", "error"), (".", "")]
    assert containers_text.glyph(replace(CONTAINERS[0], state=State.PAUSED), ASCII) == "!"
    lines = containers_text.detail(replace(CONTAINERS[2], size=1 << 30, restarts=3, health=Health.UNHEALTHY))
    assert "exit code 1" in lines[0]
    assert "restarts  on-failure  3 so far" in lines
    assert "image     quay.io/example/backup:latest  wrote 1G" in lines


@pytest.mark.parametrize("title", [apps_text.title, distro_text.title, containers_text.title])
def test_nothing_is_said_before_anything_is_known(title: object) -> None:
    assert callable(title)
    assert title(None) == ""
