"""Services in words: what the screen and line mode say about a list and about one of them. Strings from the host stay raw here."""

from collections.abc import Sequence

from sutra_client.gen.init import Active, Detail, Load, Service
from sutra_client.glyphs import Glyphs
from sutra_client.text import NIL, amount, moment

BAD = (Active.FAILED,)
HEAD = 4
"""Lines of a detail that are there in any case, and first."""
MOVING = (Active.ACTIVATING, Active.DEACTIVATING, Active.RELOADING, Active.REFRESHING, Active.MAINTENANCE)


def state(service: Service, glyphs: Glyphs) -> tuple[str, str, str]:
    """(glyph, words, tone) of one row; nothing is made up where the init system does not tell."""
    words = service.sub or (str(service.active) if service.active else "not known")
    match service.active:
        case None:
            return "-", words, "dim"
        case Active.FAILED:
            return glyphs.failed, words if words.startswith("failed") else f"failed, {words}", "error"
        case Active.ACTIVE:
            return glyphs.ok, words, "ok"
        case Active.INACTIVE:
            return glyphs.off, "not loaded" if service.load == Load.UNLOADED else words, "dim"
    return glyphs.busy, words, "warning"


def urgency(service: Service) -> int:
    """What a list is sorted by: failed ones first, then what changes, what runs, what does not, and what nobody knows."""
    if service.active in BAD:
        return 0
    if service.active in MOVING:
        return 1
    return {Active.ACTIVE: 2, Active.INACTIVE: 3}.get(service.active, 4) if service.active is not None else 4


def summary(services: Sequence[Service], what: str = "service") -> str:
    """The line above the list: how many there are, run, and failed. `what` is the kind of unit in the singular."""
    count = len(services)
    running = sum(service.active == Active.ACTIVE for service in services)
    failed = sum(service.active in BAD for service in services)
    moving = sum(service.active in MOVING for service in services)
    words = [f"{count} {what}{'' if count == 1 else 's'}", f"{running} active"]
    words += [f"{moving} changing"] if moving else []
    return ", ".join([*words, f"{failed} failed" if failed else "none failed"])


def detail(found: Detail) -> list[tuple[str, str]]:
    """(title, value) lines of one service; what is not known is left out, but for what everybody looks for."""
    service = found.service
    lines = [
        ("state", " ".join(word for word in (str(service.active or NIL), f"({service.sub})" if service.sub else "") if word)),
        ("since", moment(service.since) if service.since is not None else NIL),
        ("main process", str(service.pid) if service.pid is not None else NIL),
        ("starts with the host", str(service.enabled or NIL)),
    ]
    optional = (
        ("description", service.description),
        ("doing now", service.job),
        ("memory", amount(service.memory, "B") if service.memory is not None else None),
        ("tasks", str(service.tasks) if service.tasks is not None else None),
        ("last end", ended(found)),
        ("restarts by itself", f"{found.restart}, {service.restarts} times so far" if service.restarts else found.restart),
        ("runs as", found.user),
        ("command", " ".join(map(_shown, found.command)) or None),
        ("defined in", _shown(found.path) if found.path is not None else None),
        ("amended by", " ".join(map(_shown, found.drop_ins)) or None),
        ("control group", _shown(found.control_group) if found.control_group is not None else None),
        ("started by", " ".join(found.triggered_by) or None),
        ("needs", " ".join(found.requires) or None),
        ("needed by", " ".join(found.required_by) or None),
        ("read more", " ".join(found.documentation) or None),
    )
    lines += [(title, value) for title, value in optional if value is not None]
    return [*lines, *(("not known", sentence) for sentence in found.unseen)]


def ended(found: Detail) -> str | None:
    """How the last main process ended, in words; None where it did not, or nobody knows."""
    if found.exit_signal is not None:
        return f"ended by signal {found.exit_signal}" + _why(found.service.result, "signal")
    if found.exit_code is not None:
        return f"exit status {found.exit_code}" + _why(found.service.result, "exit-code")
    return found.service.result if found.service.result not in (None, "success") else None


def _why(result: str | None, known: str) -> str:
    return f" ({result})" if result not in (None, "success", known) else ""


def _shown(name: bytes) -> str:
    return name.decode("utf-8", "backslashreplace")
