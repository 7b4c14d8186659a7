"""Imported before whatever needs asyncio: keeps OpenSSL out of the process.

asyncio loads it where it can be found, for 7 ms of the start and 4 MB of memory, and does without where it cannot. Nothing here speaks
TLS: other hosts are reached by ssh.
"""

import sys
from typing import cast

_modules = cast(dict[str, object], sys.modules)
_hidden = "ssl" not in _modules
if _hidden:
    _modules["ssl"] = None

import asyncio  # noqa: E402, F401 - this very import is the point

if _hidden:
    del _modules["ssl"]
