"""Draws docs/<pane>.svg for every pane, on the example board that the tests use too: what it shows is no particular person's machine.

`PYTHONPATH=tests python -m tools.picture`
"""

import asyncio
import re
from pathlib import Path

from avyctl.panes import PANES
from watching import app_on, until_shown

SHOWN = {"overview": "eth0 192.168.7.", "processes": "processes, ", "sutra": "services, "}
"""What is to be seen before the picture is taken; else the pane's title."""
OUT = Path(__file__).parent.parent / "docs"
_FONT = re.compile(r"@font-face \{.*?\}\n?", re.DOTALL)
"""Textual names fonts on a server; a picture in a README should ask nobody for anything."""


async def draw(name: str, full: str) -> None:
    app = app_on(pane=name)
    async with app.run_test(size=(80, 24)) as pilot:
        await until_shown(pilot, SHOWN.get(name, full))
        await pilot.pause()
        (OUT / f"{name}.svg").write_text(_FONT.sub("", app.export_screenshot(title="avyctl")), encoding="utf-8")


async def main() -> None:
    OUT.mkdir(exist_ok=True)
    for pane in PANES:
        await draw(pane.name, pane.full)


if __name__ == "__main__":
    asyncio.run(main())
