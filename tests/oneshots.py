"""One-shots as people run them: the launcher in a process of its own, against services that a test holds."""

import asyncio
import os
import sys
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from pathlib import Path
from typing import NamedTuple

LAUNCHER = str(Path(__file__).parent.parent / "bin/avyctl")


class Ended(NamedTuple):
    """What a one-shot left: its exit code, stdout and stderr."""

    code: int
    out: bytes
    err: bytes


def environment(folder: str, more: Mapping[str, str]) -> dict[str, str]:
    """Nothing of the caller's own but PATH; services are looked for in `folder` alone."""
    return {"PATH": os.environ["PATH"], "TZ": "UTC", "SUTRA_DIR": folder, "HOME": "/nonexistent", **more}


@asynccontextmanager
async def started(folder: str, *words: str, **more: str) -> AsyncIterator[asyncio.subprocess.Process]:
    """A one-shot that runs on; killed and waited for at the end."""
    pipe = asyncio.subprocess.PIPE
    command = [sys.executable, "-IS", LAUNCHER, *words]
    process = await asyncio.create_subprocess_exec(*command, stdin=pipe, stdout=pipe, stderr=pipe, env=environment(folder, more))
    try:
        yield process
    finally:
        if process.returncode is None:
            process.kill()
        await process.communicate()


async def avyctl(folder: str, *words: str, stdin: bytes = b"", **more: str) -> Ended:
    async with started(folder, *words, **more) as process:
        out, err = await process.communicate(stdin)
        assert process.returncode is not None
        return Ended(process.returncode, out, err)
