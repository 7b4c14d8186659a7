"""The services that the first pane asks, at their endpoints: `python -m bench.serve_system FOLDER [still]`.

The status of the system service is this machine's own. For a list of known length it has 100 findings, and `users` fails, for an error
from a service. With `still` there is one sample and no other: nothing changes.
"""

import asyncio
import sys
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack

from avyctl.panes import STEMS
from avyctl.wiring import TECHNOLOGIES, Hosted, service
from services.core.probing import choose
from services.core.server import Server
from services.system import linux
from sutra_client import errors, events
from sutra_client.errors import SutraError
from sutra_client.gen import core
from sutra_client.gen.system import Sample, Session

COUNT = 100


def finding(number: int) -> core.Finding:
    folder = f"/mnt/volume-{number}"
    advice = f"delete what is not needed below {folder}"
    return core.Finding(
        f"filling:{folder}", core.Severity.WARNING, folder, "92 % of 20 GB used", advice, "disks list", 1_700_000_000_000_000
    )


class Backend:
    """The real backend but for what a benchmark must know beforehand."""

    def __init__(self, real: linux.LinuxSystem, still: bool) -> None:
        self.status, self.history = real.status, real.history
        self._real = real
        self._still = still
        self._found = [finding(number) for number in range(COUNT)]

    async def samples(self, since: int | None = None) -> AsyncIterator[events.SamplesEvent[Sample]]:
        async for event in self._real.samples(since):
            yield event
            if self._still:
                await asyncio.Event().wait()

    async def findings(self, *_: object) -> AsyncIterator[events.TableEvent[core.Finding]]:
        yield events.Snapshot(self._found)
        await asyncio.Event().wait()

    async def users(self) -> list[Session]:
        raise SutraError(errors.NOT_FOUND, "reading /run/systemd/sessions: there is none", "start systemd-logind")


async def serve(folder: str, still: bool) -> None:
    real, about = choose("dev.avyctl.system", "0", TECHNOLOGIES["system"])
    await real.start(keep=True)
    assert isinstance(real, linux.LinuxSystem)
    server = Server(service("system"), Backend(real, still), about)
    await server.listen(folder)
    async with AsyncExitStack() as stack:
        for stem in STEMS:
            if stem != "system":
                await _serve(stack, stem, folder)
        print("ready", flush=True)
        await asyncio.Event().wait()


async def _serve(stack: AsyncExitStack, stem: str, folder: str) -> None:
    """As `avyctl serve` does: what this host cannot have is left out."""
    try:
        server = await stack.enter_async_context(Hosted(stem, keep=True))
    except SutraError as error:
        if error.code != errors.UNSUPPORTED:
            raise
        return
    await server.listen(folder)


if __name__ == "__main__":
    asyncio.run(serve(sys.argv[1], sys.argv[2:] == ["still"]))
