"""The system service on any Linux: /proc, /sys, /etc and a few system calls, without any daemon or library of the host."""

from collections.abc import AsyncGenerator, AsyncIterator
from contextlib import asynccontextmanager
from typing import TYPE_CHECKING

from msgspec.structs import replace

from services.core.instant import instant
from services.core.kernel import Kernel
from services.core.tree import Tree
from services.system.facts import read_status
from services.system.users import read_sessions
from sutra_client import errors, events
from sutra_client.errors import SutraError
from sutra_client.gen.core import Finding
from sutra_client.gen.system import Sample, Session, Status

if TYPE_CHECKING:
    from services.system.ring import Ring
    from services.system.sampler import Sampler


def probe(root: str = "/") -> tuple[bool, str]:
    """Fits wherever procfs is mounted."""
    tree = Tree(root)
    if tree.exists(f"{tree.proc}/stat"):
        return True, f"Linux with procfs at {tree.proc}"
    return False, f"no Linux procfs: {tree.proc}/stat is absent"


def make(root: str = "/") -> "LinuxSystem":
    """The backend for the host below `root`."""
    return LinuxSystem(root)


class LinuxSystem:
    """Implements the Protocol System. Measures only while a stream is read, or always after start(keep=True)."""

    def __init__(self, root: str = "/", kernel: Kernel | None = None) -> None:
        self._tree = Tree(root)
        self._kernel = kernel or Kernel()
        self._ring: Ring | None = None
        self._sampler: Sampler | None = None
        self._needs = 0
        self._keep = False

    @property
    def unseen(self) -> list[str]:
        """What this user cannot see here, a sentence each, as far as it was tried yet."""
        sampler = self._sampler.unseen if self._sampler is not None else []
        return sorted({*self._tree.problems.values(), *sampler})

    async def start(self, keep: bool = False) -> None:
        """With `keep` the history begins now."""
        if keep and not self._keep:
            self._keep = True
            self._need()

    async def stop(self) -> None:
        """Streams that are still read end; no task, thread or open file is left."""
        self._keep = False
        self._needs = 0
        sampler, self._sampler = self._sampler, None
        if sampler is not None:
            await sampler.stop()

    @instant
    async def status(self) -> Status:
        """See the schema; what is not there is None and has a sentence in `unseen`."""
        status = read_status(self._tree, self._kernel)
        if self._sampler is None:
            return status
        return replace(status, unseen=self.unseen)

    @instant
    async def users(self) -> list[Session]:
        """Raises SutraError UNSUPPORTED where the host keeps no record of logins."""
        sessions = read_sessions(self._tree)
        if sessions is None:
            message = f"Who is logged in is unknown: neither {self._tree.run}/utmp nor {self._tree.run}/systemd/sessions can be read"
            raise SutraError(errors.UNSUPPORTED, message)
        return sessions

    async def history(self, since: int | None = None) -> list[Sample]:
        """Empty when nothing was ever measured in this process."""
        if since is not None and since < 0:
            raise SutraError(errors.INVALID, f"since: {since} is negative", "it is how far back to go, in microseconds")
        if self._ring is None:
            return []
        return self._ring.since(0 if since is None else self._kernel.boottime() - since)

    async def samples(self, since: int | None = None) -> AsyncGenerator[events.SamplesEvent[Sample], None]:
        """History first if asked for, then each new sample; the newest one when the reader was slow."""
        async with self._needed() as sampler:
            sent = -1
            if since is not None:
                rows = await self.history(since)
                if rows:
                    sent = rows[-1].boottime
                    yield events.Samples(rows)
            while sampler is self._sampler:
                rung = sampler.bell.next()
                newest = sampler.latest
                if newest is not None and newest.boottime > sent:
                    sent = newest.boottime
                    yield events.Samples([newest])
                    continue
                sampler.check()
                await rung.wait()

    async def findings(
        self, where: events.Where = events.NO_WHERE, fields: list[str] = events.NO_FIELDS
    ) -> AsyncGenerator[events.TableEvent[Finding], None]:
        """`where` is the server's business; no field is optional."""
        from services.core.difference import difference

        async with self._needed() as sampler:
            told: dict[events.Key, Finding] | None = None
            while sampler is self._sampler:
                rung = sampler.bell.next()
                if sampler.judged and told is None:
                    told = sampler.findings
                    yield events.Snapshot(list(told.values()))
                    continue
                if told is not None:
                    before, told = told, sampler.findings
                    for event in difference(before, told):
                        yield event
                sampler.check()
                await rung.wait()

    @asynccontextmanager
    async def _needed(self) -> "AsyncIterator[Sampler]":
        sampler = self._need()
        try:
            yield sampler
        finally:
            await self._release(sampler)

    def _need(self) -> "Sampler":
        # Imported with the first need: `status` in a one-shot is done before this would be loaded.
        from services.system.ring import Ring
        from services.system.sampler import Sampler

        self._needs += 1
        if self._ring is None:
            self._ring = Ring()
        if self._sampler is None or self._sampler.ended:
            self._sampler = Sampler(self._tree, self._kernel, self._ring)
            self._sampler.start()
        return self._sampler

    async def _release(self, sampler: "Sampler") -> None:
        if sampler is not self._sampler:
            return
        self._needs -= 1
        if not self._needs:
            self._sampler = None
            await sampler.stop()
