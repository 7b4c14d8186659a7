"""GLib's key files (GKeyFile), as OSTree writes origins and flatpak its metadata.

configparser differs in what it takes for a comment or a value.
"""

from sutra_client.text import MAX_TEXT

Groups = dict[str, dict[str, str]]
MOST_KEYS = 10_000


def parse(data: bytes) -> Groups:
    """Group -> key -> value, raw. Lines that are neither are passed over; of a key that comes twice the later value counts."""
    groups: Groups = {}
    keys: dict[str, str] = {}
    count = 0
    for line in data.decode("utf-8", "backslashreplace").split("\n"):
        line = line.strip(" \t\r")
        if line[:1] == "[" and line[-1:] == "]":
            keys = groups.setdefault(line[1:-1], {})
            continue
        name, equals, value = line.partition("=")
        if equals and line[0] != "#" and count < MOST_KEYS:
            count += 1
            keys[name.rstrip(" \t")] = value.lstrip(" \t")[:MAX_TEXT]
    return groups


def get(groups: Groups, group: str, *names: str) -> str | None:
    """The first of these that is there and not empty."""
    keys = groups.get(group, {})
    return next((keys[name] for name in names if keys.get(name)), None)
