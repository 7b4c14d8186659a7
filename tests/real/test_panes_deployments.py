"""Deployments of a real OSTree sysroot on the screen, looked at as a mounted image."""

import asyncio
from collections.abc import Callable

from textual.pilot import Pilot

from avyctl.app import AvyctlApp
from avyctl.reach import Reach
from boxes.sysroot import Sysroot
from ptys import LONGEST
from sutra_client.terminal import detect
from watching import Said, lines_of


async def until(pilot: Pilot[None], holds: Callable[[list[str]], bool]) -> None:
    app = pilot.app
    assert isinstance(app, AvyctlApp)
    try:
        async with asyncio.timeout(LONGEST):
            while not holds(lines_of(app)):
                await pilot.pause(0.02)
    except TimeoutError:
        raise AssertionError("it never came:\n" + "\n".join(lines_of(app))) from None


def rows(lines: list[str]) -> list[list[str]]:
    """Index and version of the first lines of the list."""
    title = next((number for number, line in enumerate(lines) if " version " in line), len(lines))
    return [line.split()[:2] for line in lines[title + 1 : title + 5]]


async def test_what_ostree_does_to_the_deployments_is_seen(ostree_sysroot: Sysroot) -> None:
    terminal = detect({"TERM": "xterm-256color", "LANG": "C.UTF-8"}, (80, 24))
    three = [["0", "2026.08.23"], ["1", "2026.08.22"], ["2", "2026.08.21"]]
    async with Reach(root=str(ostree_sysroot.path)) as reach:
        app = AvyctlApp(reach, Said(), terminal, pane="deployments")
        async with app.run_test(size=(80, 24)) as pilot:
            await until(pilot, lambda lines: any("OSTree, arkes   3 deployments" in line for line in lines))
            await until(pilot, lambda lines: rows(lines)[:3] == three)
            commit = await asyncio.to_thread(ostree_sysroot.commit, 4)
            await asyncio.to_thread(ostree_sysroot.deploy, commit)
            await until(pilot, lambda lines: rows(lines)[0] == ["0", "2026.08.24"])
            await asyncio.to_thread(ostree_sysroot.pin, 3)
            await until(pilot, lambda lines: any("2026.08.21" in line and "pinned" in line for line in lines))
            await asyncio.to_thread(ostree_sysroot.undeploy, 0)
            await until(pilot, lambda lines: rows(lines)[:3] == three)
            first = ostree_sysroot.deployments()[0]
            await pilot.press("enter")
            await until(pilot, lambda lines: any(first in line for line in lines))
