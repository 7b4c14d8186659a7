"""The system service at an endpoint: `python -m bench.serve_system FOLDER`.

The status is this machine's own. For a list of known length it has 100 findings, and `users` fails, for an error from a service.
"""

import asyncio
import sys
from collections.abc import AsyncIterator

from avyctl.wiring import TECHNOLOGIES, service
from services.core.probing import choose
from services.core.server import Server
from services.system import linux
from sutra_client import errors, events
from sutra_client.errors import SutraError
from sutra_client.gen import core
from sutra_client.gen.system import Session

COUNT = 100


def finding(number: int) -> core.Finding:
    folder = f"/mnt/volume-{number}"
    advice = f"delete what is not needed below {folder}"
    return core.Finding(
        f"filling:{folder}", core.Severity.WARNING, folder, "92 % of 20 GB used", advice, "disks list", 1_700_000_000_000_000
    )


class Backend:
    """The real backend but for two of its methods."""

    def __init__(self, real: linux.LinuxSystem) -> None:
        self.status, self.history, self.samples = real.status, real.history, real.samples
        self._found = [finding(number) for number in range(COUNT)]

    async def findings(self, *_: object) -> AsyncIterator[events.TableEvent[core.Finding]]:
        yield events.Snapshot(self._found)
        await asyncio.Event().wait()

    async def users(self) -> list[Session]:
        raise SutraError(errors.NOT_FOUND, "reading /run/systemd/sessions: there is none", "start systemd-logind")


async def serve(folder: str) -> None:
    real, about = choose("dev.avyctl.system", "0", TECHNOLOGIES["system"])
    await real.start(keep=True)
    assert isinstance(real, linux.LinuxSystem)
    server = Server(service("system"), Backend(real), about)
    await server.listen(folder)
    print("ready", flush=True)
    await asyncio.Event().wait()


if __name__ == "__main__":
    asyncio.run(serve(sys.argv[1]))
