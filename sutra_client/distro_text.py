"""Distros in words: what the screen and line mode say about them. Plain functions; strings from the host stay raw here."""

from collections.abc import Sequence

from sutra_client.gen.distro import Rootfs
from sutra_client.glyphs import Glyphs
from sutra_client.text import NIL, amount, moment


def title(rows: Sequence[Rootfs] | None) -> str:
    """How many there are, and in how many something runs."""
    if rows is None:
        return ""
    count = "1 distro" if len(rows) == 1 else f"{len(rows)} distros"
    busy = sum(bool(row.processes) for row in rows)
    return f"{count}   {busy} in use" if any(row.processes is not None for row in rows) else count


def glyph(row: Rootfs, glyphs: Glyphs) -> str:
    """Before its row: broken, in use, or neither."""
    if row.problem is not None:
        return glyphs.failed
    return glyphs.ok if row.processes else glyphs.off


def state(row: Rootfs) -> str:
    """What the glyph says, in words."""
    if row.problem is not None:
        return "broken"
    return "in use" if row.processes else NIL


def tone(row: Rootfs) -> str:
    """The tone that repeats the glyph."""
    return "error" if row.problem is not None else "ok" if row.processes else ""


def detail(row: Rootfs, now: float | None = None) -> list[str]:
    """All that is worth a line; what is not known is left out."""
    size = f"size {amount(row.size, 'B')}" if row.size is not None else ""
    changed = f"changed {moment(row.changed, now)}" if row.changed is not None else ""
    lines = ["  ".join(word for word in (row.os or row.name, row.version or "", size, changed) if word)]
    if row.path is not None:
        lines.append(f"folder    {row.path.decode('utf-8', 'backslashreplace')}")
    if row.owner is not None:
        lines.append(f"owner     uid {row.owner}")
    if row.pids:
        more = f" and {row.processes - len(row.pids)} more" if row.processes is not None and row.processes > len(row.pids) else ""
        lines.append(f"running   pid {' '.join(map(str, row.pids))}{more}")
    if row.problem is not None:
        lines.append(f"broken    {row.problem}")
    return lines
