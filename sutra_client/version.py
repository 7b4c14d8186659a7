"""The version of avyctl: pyproject.toml, `avyctl version` and the handshake all read it here.

The one-shot path imports this module, so it imports nothing itself.
"""

VERSION = "0.1.0"
