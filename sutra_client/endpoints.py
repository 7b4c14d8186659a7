"""Every endpoint of this host, usable or not, and the services that avyctl can be itself where none runs."""

import posix
import socket

from sutra_client import endpoint, schema
from sutra_client.errors import SutraError

OK, REFUSES, DISTRUSTED, SHADOWED, EMBEDDED = "ok", "refuses", "distrusted", "shadowed", "embedded"


class Found:
    """One endpoint. `path` is empty for a service that would be embedded; `state` is one of the words above, `reason` says why."""

    __slots__ = ("owner", "path", "reason", "service", "state")

    def __init__(self, service: str, path: str, owner: int | None, state: str, reason: str = "") -> None:
        self.service = service
        self.path = path
        self.owner = owner
        """Uid of the socket; None where there is none, or it cannot be told."""
        self.state = state
        self.reason = reason


def endpoints(embedded: bool = False) -> list[Found]:
    """By service, the one that counts first. `embedded` leaves what runs out, as the option does.

    Each socket is connected to for a moment, without waiting, so what nobody listens at is told apart.
    """
    found: list[Found] = []
    counted: set[str] = set()
    for folder in () if embedded else endpoint.looked_into():
        for name in _names(folder):
            each = _look(folder, name, name in counted)
            if each is not None:
                found.append(each)
                counted.add(name)
    only = endpoint.variable("SUTRA_DIR") and not embedded
    known = [] if only else [service for _, service in schema.nouns().values() if service not in counted]
    found += [Found(service, "", None, EMBEDDED, "no service runs, so avyctl does it itself") for service in known]
    return sorted(found, key=lambda each: each.service)


def _names(folder: str) -> list[str]:
    """What could be a service's socket: names with a dot within, as ids have."""
    try:
        names = posix.listdir(folder)
    except (OSError, ValueError):
        return []
    return sorted(name for name in names if "." in name.strip(".") and name[0] != ".")


def _look(folder: str, service: str, shadowed: bool) -> Found | None:
    path = f"{folder}/{service}"
    try:
        owner = posix.lstat(path).st_uid
        if endpoint.at(folder, service) is None:
            return None  # a user's directory, seen by root
    except OSError:
        return None  # gone meanwhile
    except SutraError as error:
        return Found(service, path, owner, DISTRUSTED, error.message)
    if shadowed:
        return Found(service, path, owner, SHADOWED, "an endpoint of the same service in an earlier directory is used instead")
    wrong = _refusal(path)
    return Found(service, path, owner, REFUSES if wrong else OK, wrong)


def _refusal(path: str) -> str:
    """Why it does not take a connection; empty when it does."""
    with socket.socket(socket.AF_UNIX, socket.SOCK_STREAM | socket.SOCK_CLOEXEC) as sock:
        sock.setblocking(False)
        try:
            sock.connect(path)
        except OSError as error:
            return f"{path}: {error.strerror}"
    return ""
