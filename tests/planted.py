"""Hosts made of files, and a kernel whose answers a test chooses."""

import asyncio
import os
from collections.abc import Mapping
from pathlib import Path

from services.core.kernel import Discipline, Kernel, Usage
from sutra_client.gen.system import Address

NOW = 1_790_000_000
"""Unix seconds of a planted host's clock."""


def plant(root: Path, files: Mapping[str, str | bytes]) -> str:
    """Writes files by their absolute path on the host, `-> target` makes a link; the root to give to a backend."""
    for path, content in files.items():
        place = root / path.lstrip("/")
        place.parent.mkdir(parents=True, exist_ok=True)
        if isinstance(content, str) and content.startswith("-> "):
            place.symlink_to(content[3:])
        else:
            place.write_bytes(content if isinstance(content, bytes) else content.encode())
    return str(root)


def age(root: Path, path: str, seconds: int) -> None:
    """Sets the unix time of a file's last change."""
    os.utime(root / path.lstrip("/"), (seconds, seconds))


class PlantedKernel(Kernel):
    """Time stands still until a test moves it."""

    def __init__(self) -> None:
        self.now = 1_000_000_000
        self.wall_now = NOW * 1_000_000
        self.asked = asyncio.Event()
        """Set when wall time is asked for, as each reading does."""
        self.found: list[Address] = []
        self.usages: dict[str, Usage | OSError] = {}
        self.quality: Discipline | None = Discipline(True, 5_000)

    def pass_time(self, microseconds: int) -> None:
        self.now += microseconds
        self.wall_now += microseconds

    def boottime(self) -> int:
        return self.now

    def wall(self) -> int:
        self.asked.set()
        return self.wall_now

    def identity(self) -> tuple[str, str, str]:
        return "planted", "6.12.40", "aarch64"

    def cpus(self) -> int:
        return 4

    def addresses(self) -> list[Address]:
        return self.found

    def discipline(self) -> Discipline | None:
        return self.quality

    def usage(self, path: bytes | str) -> Usage:
        name = os.fsdecode(path)
        found = next((usage for point, usage in self.usages.items() if name.endswith(point)), None)
        if found is None:
            raise FileNotFoundError(2, "No such file or directory", name)
        if isinstance(found, OSError):
            raise found
        return found
