"""What of the machine is in every box and booted deployment, at its own path."""

import os
import sys
from pathlib import Path

PROJECT = Path(__file__).resolve().parents[2]
AVYCTL = str(PROJECT / "bin/avyctl")


def bound() -> list[str]:
    """The checkout and the interpreter that runs the tests.

    Of the checkout its folders, not itself, which may be in nobody's but its owner's reach, and not caches, which come and go.
    """
    kept = [path for path in sorted(PROJECT.iterdir()) if path.name == ".venv" or not path.name.startswith(".")]
    paths = [str(path) for path in kept if path.is_dir() and not path.is_symlink()]
    python = {sys.base_prefix, os.path.realpath(sys.base_prefix), sys.prefix}
    return paths + [path for path in sorted(python) if not path.startswith(("/usr", f"{PROJECT}/"))]
