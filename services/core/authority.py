"""Who may use what: the one place that decides it, for the call that is made and for what `allowed` tells beforehand."""

from typing import Any

from services.core.sight import ALL, OWN, Eyes
from sutra_client import errors, runtime
from sutra_client.errors import SutraError

_HINT = "run it as root, or as the user that the service runs as"

Member = runtime.Call[Any, Any] | runtime.Stream[Any, Any]


def refusal(service: str, member: Member, eyes: Eyes) -> SutraError | None:
    """Why this peer may not use a method or stream now; None when it may."""
    who = eyes.who
    if member.role not in eyes.roles:
        return _denied(service, member, f"needs the role {member.role}, and {who.user} may not", _HINT)
    if eyes.everything:
        return None
    if isinstance(member, runtime.Call) and member.changes:
        return _denied(service, member, f"changes the host, and {who.user} may not", _HINT)
    if member.sees not in (ALL, OWN) and not eyes.member(member.sees):
        group = member.sees.removeprefix("group:")
        return _denied(
            service, member, f"is for group {group}, and {who.user} is not in it", f"become a member of {group}, and log in anew"
        )
    return None


def held_back(member: Member, eyes: Eyes) -> str:
    """What of a member that is allowed this peer does not see; empty when nothing."""
    return "shows only what is its own" if member.sees == OWN and not eyes.operator else ""


def _denied(service: str, member: Member, why: str, hint: str) -> SutraError:
    return SutraError(errors.DENIED, f"{service}: {member.name} {why}", hint)
