"""Containers in words: what the screen and line mode say about them. Plain functions; strings from the host stay raw here."""

from collections.abc import Sequence

from sutra_client.gen.containers import Container, Health, State
from sutra_client.glyphs import Glyphs
from sutra_client.text import amount, moment

_ENDED = (State.EXITED, State.DEAD)


def title(rows: Sequence[Container] | None) -> str:
    """How many there are, run, and are unhealthy."""
    if rows is None:
        return ""
    words = ["1 container" if len(rows) == 1 else f"{len(rows)} containers", f"{sum(row.state == State.RUNNING for row in rows)} running"]
    unhealthy = sum(_unhealthy(row) for row in rows)
    return "   ".join([*words, f"{unhealthy} unhealthy"] if unhealthy else words)


def glyph(row: Container, glyphs: Glyphs) -> str:
    """Before its row: failed or unhealthy, running, in between, or off."""
    if tone(row) == "error":
        return glyphs.failed
    if row.state == State.RUNNING:
        return glyphs.ok
    return glyphs.off if row.state in (*_ENDED, State.CREATED) else glyphs.attention


def state(row: Container) -> str:
    """What it does, or that it is unhealthy meanwhile, or with which code it ended."""
    if _unhealthy(row):
        return "unhealthy"
    return f"{row.state} {row.exit_code}" if row.state in _ENDED and row.exit_code is not None else str(row.state)


def tone(row: Container) -> str:
    """The tone that repeats the glyph."""
    if _unhealthy(row) or (row.state in _ENDED and row.exit_code and row.restart_policy):
        return "error"
    if row.state == State.RUNNING:
        return "ok"
    return "" if row.state in (*_ENDED, State.CREATED) else "warning"


def detail(row: Container, now: float | None = None) -> list[str]:
    """All that is worth a line; what is not known is left out."""
    since = f"since {moment(row.since, now)}" if row.since is not None else ""
    code = f"exit code {row.exit_code}" if row.exit_code is not None else ""
    memory = "ended for want of memory" if row.oom_killed else ""
    health = str(row.health) if row.health is not None else ""
    lines = [_words(row.name, str(row.state), since, health, code, memory), _pair("id", row.id)]
    size = f"wrote {amount(row.size, 'B')}" if row.size is not None else ""
    lines.append(_pair("image", _words(row.image or "", size)))
    lines.append(_pair("runs", " ".join(row.command or [])))
    lines.append(_pair("ports", " ".join(row.ports or [])))
    lines.append(_pair("pod", row.pod or ""))
    if row.restart_policy is not None or row.restarts:
        lines.append(_pair("restarts", _words(row.restart_policy or "never", f"{row.restarts} so far" if row.restarts is not None else "")))
    lines.append(_pair("engine", _words(row.engine or "", f"uid {row.uid}", f"pid {row.pid}" if row.pid is not None else "")))
    return [line for line in lines if line]


def _unhealthy(row: Container) -> bool:
    return row.health == Health.UNHEALTHY and row.state == State.RUNNING


def _pair(name: str, text: str) -> str:
    return f"{name:<8}  {text}" if text else ""


def _words(*words: str) -> str:
    return "  ".join(word for word in words if word)
