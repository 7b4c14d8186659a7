"""The first module of every one-shot: loads those that all of them need, without the import system's own cost.

For twenty small modules that cost is a tenth of the whole run. What is loaded here is exactly what `import` would load, from the same
checked bytecode; where that is missing or older than its source, `import` does it, and writes it anew.
"""

import marshal
import posix
import sys
from _frozen_importlib_external import MAGIC_NUMBER

TYPE_CHECKING = False
if TYPE_CHECKING:
    from types import ModuleType

ROOT = __file__.rpartition("/")[0].rpartition("/")[0]
PACKAGES = ("sutra_client", "sutra_client.gen")
ASKING = (
    "sutra_client.errors",
    "sutra_client.endpoint",
    "avyctl.paths",
    "sutra_client.json_text",
    "sutra_client.options",
    "sutra_client.schema",
    "avyctl.exec",
    "sutra_client.gen.index_table",
    "sutra_client.command",
    "sutra_client.frame",
    "sutra_client.version",
    "sutra_client.blocking",
    "avyctl.session",
)
"""What it takes to send a call, each after those that it imports."""
ANSWERING = ("sutra_client.shape", "sutra_client.text", "sutra_client.output", "sutra_client.tabular")
"""What it takes to print the answer: loaded while the service works on it."""

_HEADER = 16
"""Bytes of a .pyc before the code: magic, flags (0: checked by time), time and size of the source."""


def prepare(words: list[str]) -> None:
    """Loads what the command line that begins with these words will need to ask a service."""
    for name in PACKAGES:
        folder = f"{ROOT}/{name.replace('.', '/')}"
        if _has_body(f"{folder}/__init__.py"):
            __import__(name)
            continue
        package = _known(name, f"{folder}/__init__.py")
        package.__path__ = [folder]
        package.__package__ = name
    load(ASKING)
    from sutra_client.gen.index_table import NOUNS

    if words and words[0] in NOUNS:
        load((f"sutra_client.gen.{NOUNS[words[0]][0]}_table",))


def _has_body(path: str) -> bool:
    """Whether a package does anything of its own when it is imported."""
    try:
        return posix.stat(path).st_size > 0
    except OSError:
        return False


def load(names: tuple[str, ...]) -> None:
    """Up to the first whose bytecode is missing or does not match its source: `import` loads that and what follows."""
    for name in names:
        if name not in sys.modules and not _load(name):
            return


def _load(name: str) -> bool:
    path = f"{ROOT}/{name.replace('.', '/')}.py"
    folder, _, file = path.rpartition("/")
    try:
        source = posix.stat(path)
        fd = posix.open(f"{folder}/__pycache__/{file[:-3]}.{sys.implementation.cache_tag}.pyc", posix.O_RDONLY | posix.O_CLOEXEC)
    except OSError:
        return False
    try:
        size = posix.fstat(fd).st_size
        data = posix.read(fd, size)
        while len(data) < size and (piece := posix.read(fd, size - len(data))):
            data += piece
    finally:
        posix.close(fd)
    checked = MAGIC_NUMBER + bytes(4) + (int(source.st_mtime) & 0xFFFFFFFF).to_bytes(4, "little") + source.st_size.to_bytes(4, "little")
    if data[:_HEADER] != checked:
        return False
    code = marshal.loads(memoryview(data)[_HEADER:])  # noqa: S302 - as trusted as the source beside it
    try:
        exec(code, _known(name, path).__dict__)  # noqa: S102 - what `import` does
    except BaseException:
        sys.modules.pop(name, None)
        raise
    return True


def _known(name: str, path: str) -> "ModuleType":
    """A new module by that name, where `import` will find it."""
    module = sys.modules[name] = type(sys)(name)
    above, _, last = name.rpartition(".")
    module.__file__ = path
    module.__package__ = above
    if above:
        setattr(sys.modules[above], last, module)
    return module
