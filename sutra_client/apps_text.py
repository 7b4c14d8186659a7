"""Apps in words: what the screen and line mode say about them. Plain functions; strings from the host stay raw here."""

from collections.abc import Sequence

from sutra_client.gen.apps import App, Kind
from sutra_client.glyphs import Glyphs
from sutra_client.text import NIL, amount


def title(rows: Sequence[App] | None) -> str:
    """How many there are, and how many of them run."""
    if rows is None:
        return ""
    count = "1 app" if len(rows) == 1 else f"{len(rows)} apps"
    running = sum(bool(row.running) for row in rows)
    return f"{count}   {running} running" if any(row.running is not None for row in rows) else count


def glyph(row: App, glyphs: Glyphs) -> str:
    """Before its row: broken, running, or neither."""
    if row.problem is not None:
        return glyphs.failed
    return glyphs.ok if row.running else glyphs.off


def state(row: App) -> str:
    """What the glyph says, in words."""
    if row.problem is not None:
        return "broken"
    if row.running:
        return "running" if row.running == 1 else f"{row.running} run"
    return "shadowed" if row.shadowed else NIL


def tone(row: App) -> str:
    """The tone that repeats the glyph."""
    return "error" if row.problem is not None else "ok" if row.running else "dim" if row.shadowed else ""


def detail(row: App) -> list[str]:
    """All that is worth a line; what is not known is left out."""
    kind = "flatpak" if row.kind == Kind.FLATPAK else "app folder"
    size = f"size {amount(row.size, 'B')}" if row.size is not None else ""
    lines = [_words(row.name or row.id, row.version or "", kind, size), _pair("id", row.id)]
    for name, raw in (("folder", row.path), ("starts", row.exec), ("icon", row.icon)):
        if raw is not None:
            lines.append(_pair(name, raw.decode("utf-8", "backslashreplace")))
    if row.kind == Kind.FLATPAK:
        lines.append(_pair("from", _words(row.origin or "", row.branch or "", row.architecture or "")))
        lines.append(_pair("runtime", row.runtime_ref or ""))
    if row.pids:
        lines.append(_pair("running", "pid " + " ".join(map(str, row.pids))))
    if row.shadowed:
        lines.append("another app of the same id comes before it")
    if row.problem is not None:
        lines.append(_pair("broken", row.problem))
    return [line for line in lines if line]


def _pair(name: str, text: str) -> str:
    return f"{name:<8}  {text}" if text else ""


def _words(*words: str) -> str:
    return "  ".join(word for word in words if word)
