"""What the host calls itself: os-release(5), or avyos' /config/release.conf, which has the same form."""

from typing import NamedTuple

from services.core.tree import Tree, shown

AVYOS_PLACES = ("/config/release.conf", "/avyos/config/release.conf")
PLACES = ("/etc/os-release", "/usr/lib/os-release")


class Release(NamedTuple):
    """The first release file found."""

    source: str | None
    fields: dict[str, str]

    def get(self, *names: str) -> str | None:
        """The first of these that is there and not empty."""
        return next((self.fields[name] for name in names if self.fields.get(name)), None)


def read_release(tree: Tree) -> Release:
    """A source of None: there is no release file, or none that may be read."""
    places = AVYOS_PLACES + PLACES if tree.exists("/avyos/cmd/init") else PLACES
    for place in places:
        data = tree.read(place)
        if data is not None:
            return Release(place, parse_release(data))
    return Release(None, {})


def parse_release(data: bytes) -> dict[str, str]:
    """Lines that are no assignment are passed over; a later assignment wins, as in a shell."""
    fields: dict[str, str] = {}
    for line in shown(data).splitlines():
        name, equals, value = line.strip().partition("=")
        if equals and name.isidentifier():
            fields[name] = _unquoted(value.strip())
    return fields


def _unquoted(value: str) -> str:
    if len(value) < 2 or value[0] not in "'\"" or value[-1] != value[0]:
        return value
    quote, value = value[0], value[1:-1]
    if quote == "'" or "\\" not in value:
        return value
    plain, escaped = "", False
    for letter in value:
        if letter == "\\" and not escaped:
            escaped = True
            continue
        # Within double quotes a shell's backslash quotes these four alone.
        plain += letter if not escaped or letter in '"$`\\' else "\\" + letter
        escaped = False
    return plain
