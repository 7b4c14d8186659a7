"""Reads a state from files beside the event loop, with a deadline."""

import asyncio
from collections.abc import Callable
from typing import Generic, TypeVar

from services.core.aside import Aside
from sutra_client import errors
from sutra_client.errors import SutraError

S = TypeVar("S")


class Reader(Generic[S]):
    """`subject` names in messages what is read: "the deployments of /ostree". One reading at a time, whoever asks."""

    def __init__(self, subject: str, function: Callable[[], S], seconds: float = 10.0) -> None:
        self._subject = subject
        self._function = function
        self._seconds = seconds
        self._aside = Aside(subject)
        self._turn = asyncio.Lock()

    async def __call__(self) -> S:
        """Raises SutraError TIMEOUT, DENIED or FAILED."""
        async with self._turn:
            try:
                return await self._aside.run(self._seconds, self._function)
            except TimeoutError:
                message = f"reading {self._subject}: a file system did not answer within {self._seconds:.0f} s"
                raise SutraError(errors.TIMEOUT, message, "look for a mount that hangs with `avyctl disks list`") from None
            except PermissionError as error:
                raise SutraError(
                    errors.DENIED, f"reading {self._subject}: {_where(error)} may not be read by this user", "try as root"
                ) from error
            except OSError as error:
                raise SutraError(errors.FAILED, f"reading {self._subject}: {_where(error)}: {error.strerror}") from error

    async def close(self) -> None:
        """After it no thread is left but one that hangs in the kernel."""
        await self._aside.close()


def _where(error: OSError) -> str:
    name = error.filename
    if isinstance(name, bytes):
        return name.decode("utf-8", "backslashreplace")
    return name.encode("utf-8", "surrogateescape").decode("utf-8", "backslashreplace") if isinstance(name, str) else "a file"
