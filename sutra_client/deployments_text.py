"""Deployments in words: what the screen and line mode say about them. Plain functions; strings from the host stay raw here."""

from collections.abc import Sequence

from sutra_client.gen.deployments import Deployment, Engine, Health, Status, Unlocked
from sutra_client.glyphs import Glyphs
from sutra_client.text import NIL, amount, moment

NAMES = {Engine.OSTREE: "OSTree", Engine.MOSS: "moss", Engine.AVYOS: "avyos image"}
SHORT = 12
"""Letters of a checksum that tell it from every other on one host."""


def title(status: Status | None) -> str:
    """The engine, whose system it is, and how many there are."""
    if status is None:
        return ""
    count = "1 deployment" if status.count == 1 else f"{status.count} deployments"
    words = [NAMES.get(status.engine, str(status.engine)), status.stateroot or ""]
    return ", ".join(word for word in words if word) + f"   {count}" + (f"   {status.busy} is at work" if status.busy else "")


def glyph(row: Deployment, glyphs: Glyphs) -> str:
    """Before its row: runs, waits, is broken, or nothing of these."""
    if row.usable is False or row.health == Health.BAD:
        return glyphs.failed
    if row.booted:
        return glyphs.ok
    return glyphs.closed if row.staged or row.pending else " "


def tone(row: Deployment) -> str:
    """The tone that repeats the glyph."""
    if row.usable is False or row.health == Health.BAD:
        return "error"
    return "ok" if row.booted else "warning" if row.staged or row.pending else ""


def label(row: Deployment) -> str:
    """How a sentence names it."""
    return row.version or (row.checksum or row.id)[:SHORT]


def detail(row: Deployment, rows: Sequence[Deployment] = (), now: float | None = None) -> list[str]:
    """All that is worth a line; `rows` are all of them, to tell what a reboot would do. What is not known is left out."""
    made = f"made {moment(row.made, now)}" if row.made is not None else ""
    facts = [
        _line(row.os or label(row), made, f"size {amount(row.size, 'B')}" if row.size is not None else ""),
        _pair("id", row.id),
        _pair("from", _line(row.origin or NIL, row.subject or "", str(row.signature) if row.signature is not None else "")),
        _pair("kernel", _line(row.kernel or NIL, " ".join(row.kernel_arguments or []))),
    ]
    if row.packages is not None:
        facts.append(_pair("packages", str(row.packages)))
    if row.path is not None:
        facts.append(_pair("path", row.path.decode("utf-8", "backslashreplace")))
    if row.unlocked not in (None, Unlocked.NONE):
        facts.append(_pair("/usr", f"unlocked ({row.unlocked}): what is changed there does not last"))
    if row.usable is False:
        facts.append(_pair("broken", "it cannot be started: its tree or its boot entry is not there"))
    after = reboot(row, rows)
    return [*facts, after] if after else facts


def reboot(row: Deployment, rows: Sequence[Deployment]) -> str:
    """What a reboot does to a deployment that waits for one; empty for any other."""
    if not (row.staged or row.pending):
        return ""
    booted = next((other for other in rows if other.booted), None)
    return f"a reboot makes {label(row)} current" + (f"; {label(booted)} becomes the rollback" if booted else "")


def _pair(name: str, text: str) -> str:
    return f"{name:<8}  {text}"


def _line(*words: str) -> str:
    return "  ".join(word for word in words if word)
