"""Each system of the family as a tree of files: what it is taken for, and what can be told of it without a daemon."""

from pathlib import Path

import pytest

from avyctl.wiring import TECHNOLOGIES
from hosts import SYSTEMS
from services.core.inside import inside
from services.core.probing import choose
from services.system.linux import LinuxSystem
from sutra_client import errors
from sutra_client.errors import SutraError

BACKENDS: dict[str, dict[str, str]] = {
    "avyos": {"deployments": "avyos", "apps": "files", "distro": "folders"},
    "aerynos": {"deployments": "moss"},
    "arkes": {"deployments": "ostree"},
    "icenet": {},
    "spectrum": {},
}
"""What fits each; where nothing does, the error says what was looked for."""


@pytest.mark.parametrize("kind", SYSTEMS)
async def test_a_tree_is_taken_for_what_it_is(tmp_path: Path, kind: str) -> None:
    system = LinuxSystem(SYSTEMS[kind](tmp_path))
    await system.start()
    assert str((await system.status()).kind) == kind
    await system.stop()


@pytest.mark.parametrize("kind", SYSTEMS)
@pytest.mark.parametrize("stem", ["deployments", "apps", "distro", "containers"])
async def test_what_fits_is_found_and_what_does_not_is_explained(tmp_path: Path, kind: str, stem: str) -> None:
    root = SYSTEMS[kind](tmp_path)
    expected = BACKENDS[kind].get(stem)
    if expected is None:
        with pytest.raises(SutraError) as raised:
            choose(stem, "0", TECHNOLOGIES[stem], root)
        assert raised.value.code == errors.UNSUPPORTED
        assert "absent" in raised.value.message or "another root" in raised.value.message
    else:
        _, about = choose(stem, "0", TECHNOLOGIES[stem], root)
        assert about().backend == expected


@pytest.mark.parametrize(
    ("path", "led"),
    [
        ("/etc/os-release", "usr/lib/os-release"),
        ("/etc/absolute", "usr/lib/os-release"),
        ("/etc/outside", "etc/passwd"),
        ("/loop/x", "x/too many links"),
        ("/../../etc/os-release", "usr/lib/os-release"),
        ("/no/such/thing", "no/such/thing"),
        ("/", ""),
    ],
)
def test_links_of_an_image_lead_nowhere_outside_of_it(tmp_path: Path, path: str, led: str) -> None:
    etc = tmp_path / "etc"
    etc.mkdir()
    (etc / "os-release").symlink_to("../usr/lib/os-release")
    (etc / "absolute").symlink_to("/usr/lib/os-release")
    (etc / "outside").symlink_to("../../../../etc/passwd")
    (tmp_path / "loop").symlink_to("loop")
    found = inside(str(tmp_path), path)
    assert found.startswith(str(tmp_path))
    assert found.removeprefix(str(tmp_path)).lstrip("/") == led or (led.endswith("links") and found.endswith("links"))


def test_the_last_link_is_left_alone_when_it_is_what_is_asked_for(tmp_path: Path) -> None:
    (tmp_path / "link").symlink_to("/target")
    assert inside(str(tmp_path), "/link", follow=False) == f"{tmp_path}/link"
