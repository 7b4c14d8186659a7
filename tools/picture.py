"""Draws docs/overview.svg: the first screen on this very machine. With a service that has run for a while the plots are full.

`python -m tools.picture`
"""

import asyncio
import re
from pathlib import Path

from avyctl.app import AvyctlApp, Clients
from avyctl.wiring import connected
from sutra_client.gen.system import SystemClient
from sutra_client.terminal import detect

SECONDS = 3
OUT = Path(__file__).parent.parent / "docs" / "overview.svg"
_FONT = re.compile(r"@font-face \{.*?\}\n?", re.DOTALL)
"""Textual names fonts on a server; a picture in a README should ask nobody for anything."""


async def main() -> None:
    async with connected("system") as connection:
        terminal = detect({"TERM": "xterm-256color", "LANG": "C.UTF-8", "COLORTERM": "truecolor"}, (80, 24))
        app = AvyctlApp(Clients(SystemClient(connection), "root·admin"), terminal)
        async with app.run_test(size=(80, 24)):
            await asyncio.sleep(SECONDS)
            OUT.parent.mkdir(exist_ok=True)
            OUT.write_text(_FONT.sub("", app.export_screenshot(title="avyctl")), encoding="utf-8")


if __name__ == "__main__":
    asyncio.run(main())
