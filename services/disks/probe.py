"""Reads the first bytes of devices that no udev looked at; one that does not answer is not waited for."""

from services.core.aside import Aside
from services.core.tree import Tree
from services.disks.blocks import Block
from services.disks.superblock import LENGTH, Content, identify
from sutra_client.gen.disks import Kind

DEADLINE = 2.0


class Probing:
    """Needs the right to read block devices; without it nothing is found, and `unseen` says so."""

    def __init__(self, tree: Tree) -> None:
        self._tree = tree
        self._aside = Aside("superblocks")
        self.unseen: list[str] = []

    async def fill(self, blocks: list[Block]) -> list[Block]:
        """The same devices, with what is on them as far as it could be read."""
        self.unseen = []
        filled = []
        for block in blocks:
            wanted = block.content.type is None and block.kind != Kind.ROM and not self._tree.root
            filled.append(block._replace(content=await self._look(block.name)) if wanted else block)
        return filled

    async def stop(self) -> None:
        """No thread is left but one that hangs in the kernel."""
        await self._aside.close()

    async def _look(self, name: str) -> Content:
        path = f"/dev/{name}"
        try:
            return identify(await self._aside.run(DEADLINE, lambda: read_head(path)))
        except TimeoutError:
            self.unseen.append(f"What is on {path} is unknown: a device does not answer.")
        except PermissionError:
            self.unseen.append(f"What is on {path} is unknown: it may not be read by this user.")
        except OSError as error:
            self.unseen.append(f"What is on {path} is unknown: {error.strerror}.")
        return Content()


def read_head(path: str) -> bytes:
    """May sleep as long as the device does; raises OSError."""
    with open(path, "rb", buffering=0) as device:
        found = b""
        while len(found) < LENGTH and (more := device.read(LENGTH - len(found))):
            found += more
        return found
