"""What the terminal at the other end can do, found out from the environment and the line alone, without asking it anything.

`detect` is pure; `look` gathers its facts from a file descriptor. console.md section 2 is the table that this implements.
"""

import fcntl
import os
import struct
import termios
from collections.abc import Mapping
from typing import NamedTuple

FULL = "full"
VT = "vt"
SLOW = "slow"
LINE = "line"

_SERIAL = ("/dev/ttyS", "/dev/ttyAMA", "/dev/ttyUSB", "/dev/ttyACM", "/dev/ttyO", "/dev/ttymxc", "/dev/ttyMSM", "/dev/hvc", "/dev/ttysclp")
_CONSOLES = ("linux", "vt", "ansi", "pcansi", "cons25", "screen")
_XTERMS: tuple[str, ...] = (
    "xterm",
    "rxvt",
    "alacritty",
    "foot",
    "kitty",
    "tmux",
    "konsole",
    "gnome",
    "vte",
    "st",
    "wezterm",
    "ghostty",
    "contour",
    "rio",
)
_XTERMS += ("mintty", "putty", "iterm", "Apple_Terminal", "nsterm", "mlterm", "Eterm", "terminology", "zellij", "dtterm")
"""Names, or beginnings of them, that promise all that xterm has; who else has it says so by COLORTERM."""
_COERCED = ("C.UTF-8", "C.utf8", "UTF-8")
_ASCII = ("vt1", "vt2", "vt3", "vt4", "vt5")
"""Real ones know no UTF-8, whatever the locale says."""
_ERASES_WITH_COLOUR = ("xterm", "linux", "rxvt", "alacritty", "foot", "tmux", "konsole", "gnome", "vte", "st-")
_RATES = {getattr(termios, f"B{rate}"): rate for rate in (50, 75, 110, 134, 150, 200, 300, 600, 1200, 1800, 2400, 4800, 9600, 19200, 38400)}
_RATES |= {getattr(termios, f"B{rate}"): rate for rate in (57600, 115200, 230400, 460800, 921600) if hasattr(termios, f"B{rate}")}


class Terminal(NamedTuple):
    """What may be sent to this terminal. `speed` is in bits/s, 0 unless it is a serial line."""

    level: str
    name: str
    columns: int
    rows: int
    utf8: bool
    colours: int
    """0, 16, 256 or 16777216."""
    alternate_screen: bool
    hides_cursor: bool
    mouse: bool
    queries: bool
    """Answers DECRQM, and prints no query that it does not understand."""
    erases_with_colour: bool
    """EL fills with the current background (terminfo's bce)."""
    speed: int
    remote: bool
    """Reached over SSH."""

    @property
    def glyphs(self) -> str:
        """The level of sutra_client.glyphs that its font can show."""
        if not self.utf8 or self.level in (SLOW, LINE):
            return "ascii"
        return "full" if self.level == FULL else "vt"


def detect(environ: Mapping[str, str], size: tuple[int, int] = (0, 0), device: str = "", speed: int = 0, force: str = "") -> Terminal:
    """`size` is (columns, rows) as the kernel has it, 0 where it does not know; `device` the tty's path; `force` a level asked for."""
    name = environ.get("TERM", "") or "dumb"
    serial = device.startswith(_SERIAL)
    remote = bool(environ.get("SSH_CONNECTION"))
    console = name.startswith(_CONSOLES) or (name.startswith("tmux") and "COLORTERM" not in environ and _colours(environ, name) < 256)
    known = console or name.startswith(_XTERMS) or "COLORTERM" in environ
    level = force or _level(name, serial, console or not known)
    knows_xterm = known and not name.startswith(("linux", "vt", "ansi", "pcansi", "cons25", "dumb"))
    return Terminal(
        level=level,
        name=name,
        columns=size[0] or 80,
        rows=size[1] or 24,
        utf8=not name.startswith(_ASCII) and _utf8(environ, assume=not serial and not name.startswith(("ansi", "dumb"))),
        colours=0 if environ.get("NO_COLOR") else _colours(environ, name),
        alternate_screen=knows_xterm,
        hides_cursor=known and not name.startswith(("vt1", "vt5", "dumb", "ansi")),
        mouse=level == FULL,
        queries=level == FULL,
        erases_with_colour=name.startswith(_ERASES_WITH_COLOUR),
        speed=speed if serial else 0,
        remote=remote,
    )


def look(descriptor: int, environ: Mapping[str, str], force: str = "") -> Terminal:
    """`detect` for an open tty; what cannot be read of it counts as unknown."""
    try:
        device = os.ttyname(descriptor)
        speed = _RATES.get(termios.tcgetattr(descriptor)[5], 0)
    except (OSError, termios.error):
        device, speed = "", 0
    if environ.get("LC_CTYPE") in _COERCED and not _given("LC_CTYPE"):
        environ = {name: value for name, value in environ.items() if name != "LC_CTYPE"}
    return detect(environ, window(descriptor), device, speed, force)


def _given(variable: str) -> bool:
    """Whether this process was started with it: in the C locale Python sets LC_CTYPE itself (PEP 538)."""
    try:
        with open("/proc/self/environ", "rb") as start:
            return any(entry.startswith(f"{variable}=".encode()) for entry in start.read().split(b"\0"))
    except OSError:
        return True


def window(descriptor: int) -> tuple[int, int]:
    """(columns, rows) by TIOCGWINSZ; (0, 0) on a serial line or where there is no terminal."""
    try:
        rows, columns, _, _ = struct.unpack("4H", fcntl.ioctl(descriptor, termios.TIOCGWINSZ, bytes(8)))
    except OSError:
        return 0, 0
    return columns, rows


def _level(name: str, serial: bool, console: bool) -> str:
    if name in ("dumb", "unknown"):
        return LINE
    if serial:
        return SLOW
    return VT if console else FULL


def _colours(environ: Mapping[str, str], name: str) -> int:
    if name.startswith(("vt", "dumb")):
        return 0
    if environ.get("COLORTERM", "").strip().lower() in ("truecolor", "24bit"):
        return 1 << 24
    return 256 if "256" in name or name in ("xterm-kitty", "alacritty", "foot") else 16


def _utf8(environ: Mapping[str, str], assume: bool) -> bool:
    for variable in ("LC_ALL", "LC_CTYPE", "LANG"):
        if value := environ.get(variable):
            return value.lower().replace("-", "").endswith("utf8") or ".utf8" in value.lower().replace("-", "")
    return assume
