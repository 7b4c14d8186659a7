"""The options that every command takes, whatever its schema: how to print, how long to wait, what to allow."""

from sutra_client.errors import INVALID, SutraError

FORMATS = ("table", "wide", "json", "jsonl", "yaml", "name", "openmetrics")
COLORS = ("auto", "always", "never")
THEMES = ("avyos", "light", "mono", "high-contrast")
_FLAGS = {
    "-w": "watch",
    "--watch": "watch",
    "--dry-run": "dry_run",
    "-y": "yes",
    "--yes": "yes",
    "--read-only": "read_only",
    "--embedded": "embedded",
    "--no-input": "no_input",
    "--no-legend": "no_legend",
    "-h": "help",
    "--help": "help",
    "--keep-going": "keep_going",
    "--line": "line",
    "-V": "version",
    "--version": "version",
    "--no-wait": "no_wait",
}
_VALUES = {
    "-o": "output",
    "--output": "output",
    "--columns": "columns",
    "--timeout": "timeout",
    "--reason": "reason",
    "--color": "color",
    "--theme": "theme",
    "-H": "host",
    "--host": "host",
    "--root": "root",
    "--confirm-within": "confirm_within",
    "--exec": "exec",
    "-f": "file",
    "--file": "file",
}
DOCS = (
    ("--exec COMMAND", "run COMMAND; repeatable, several separated by `;`, `-` reads a script from stdin"),
    ("-f, --file FILE", "run the script in FILE: one command a line, # begins a comment"),
    ("--keep-going", "go on after a command that failed"),
    ("-o, --output FORMAT", " ".join(FORMATS)),
    ("-j, --json[=short|pretty|off]", "JSON, indented on a terminal"),
    ("--columns A,B", "only these fields, in this order"),
    ("--no-legend", "no line of titles"),
    ("-w, --watch", "go on with every change until interrupted"),
    ("--timeout 30s", "give up after this long, with exit code 124"),
    ("--dry-run", "show what would change, and change nothing"),
    ("-y, --yes", "change it without asking"),
    ("--read-only", "refuse whatever would change something"),
    ("--confirm-within 60s", "take the change back unless it is confirmed in that time (not available yet)"),
    ("--no-wait", "do not wait for a change to end (not available yet)"),
    ("--reason TEXT", "why, for the audit"),
    ("--embedded", "do without a running service: do it in this process, with your own rights"),
    ("--root DIR", "look at the system below DIR, such as a mounted image, by its files alone; no daemon is asked"),
    ("--no-input", "never ask; a question becomes an error"),
    ("--color WHEN", "auto, always or never; NO_COLOR is obeyed"),
    ("--theme NAME", "colours of the screen: " + " ".join(THEMES)),
    ("--line", "no screen control: a numbered list and a prompt, for a dumb terminal, a braille reader or a pipe"),
    ("-h, --help", "what a command does, and how"),
    ("-V, --version", "the version of avyctl"),
    ("-H, --host [USER@]HOST", "on another host (not available yet)"),
)
NAMES = tuple(sorted({*_FLAGS, *_VALUES, "-j", "--json"}))


class Options:
    """What was asked of one command; `output` is empty for the default."""

    __slots__ = (
        "color",
        "columns",
        "confirm_within",
        "dry_run",
        "embedded",
        "help",
        "host",
        "keep_going",
        "line",
        "no_input",
        "no_legend",
        "no_wait",
        "output",
        "pretty",
        "read_only",
        "reason",
        "root",
        "scripts",
        "theme",
        "timeout",
        "version",
        "watch",
        "yes",
    )

    def __init__(self) -> None:
        self.output = self.reason = self.host = self.theme = self.root = ""
        self.color = "auto"
        self.columns: list[str] = []
        self.pretty: bool | None = None
        self.timeout: float | None = None
        self.confirm_within: float | None = None
        self.scripts: list[tuple[bool, str]] = []
        """(whether it is a file's name, command text or file name), in order."""
        self.watch = self.dry_run = self.yes = self.read_only = self.embedded = self.no_input = self.no_legend = False
        self.help = self.keep_going = self.line = self.version = self.no_wait = False

    def copy(self) -> "Options":
        """What the commands of a script begin with."""
        other = Options()
        for name in Options.__slots__:
            setattr(other, name, getattr(self, name))
        other.scripts = []
        return other

    @property
    def json(self) -> bool:
        """Whether stdout carries JSON, errors included."""
        return self.output in ("json", "jsonl")

    def take(self, words: list[str]) -> list[str]:
        """Reads the options among `words` and returns the other words; from `--` on nothing is an option."""
        rest: list[str] = []
        at = 0
        while at < len(words):
            word = words[at]
            at += 1
            if word[:1] != "-":
                rest.append(word)
                continue
            if word == "--":
                return rest + words[at - 1 :]
            name, equals, text = word.partition("=") if word.startswith("--") else (word[:2], word[2:], word[2:])
            if word in _FLAGS:
                setattr(self, _FLAGS[word], True)
            elif word == "-j" or name == "--json":
                self._json(text)
            elif name in _VALUES:
                if not equals:
                    if at == len(words):
                        raise SutraError(INVALID, f"{name} needs a value", "see `avyctl help`")
                    text = words[at]
                    at += 1
                self._set(_VALUES[name], name, text)
            else:
                rest.append(word)
        return rest

    def _json(self, mode: str) -> None:
        if mode not in ("", "short", "pretty", "off"):
            raise SutraError(INVALID, f"--json={mode}: there is no such form", "one of: short, pretty, off")
        self.output = "" if mode == "off" else "json"
        self.pretty = None if not mode else mode == "pretty"

    def _set(self, slot: str, name: str, text: str) -> None:
        match slot:
            case "output":
                self.output = _one_of(text, "output format", FORMATS)
            case "color":
                self.color = _one_of(text, "colour mode", COLORS)
            case "theme":
                self.theme = _one_of(text, "theme", THEMES)
            case "root":
                self.root = _folder(name, text)
            case "columns":
                self.columns = [column for column in text.split(",") if column]
                if not self.columns:
                    raise SutraError(INVALID, "--columns names no column", "such as --columns name,state")
            case "timeout" | "confirm_within":
                setattr(self, slot, _seconds(name, text))
            case "exec" | "file":
                self.scripts.append((slot == "file", text))
            case _:
                setattr(self, slot, text)


def _seconds(name: str, text: str) -> float:
    from sutra_client.values import parse

    try:
        micro = parse(text, "duration", {})
    except SutraError as error:
        raise SutraError(INVALID, f"{name}: {error.message}", error.hint) from None
    if not isinstance(micro, int) or micro <= 0:
        raise SutraError(INVALID, f"{name}: {text} is no time at all")
    return micro / 1_000_000


def _folder(option: str, text: str) -> str:
    """The absolute path of a folder that is there; empty for /, which is no other root."""
    import posix

    try:
        posix.close(posix.open(text, posix.O_RDONLY | posix.O_DIRECTORY | posix.O_CLOEXEC))
        path = text if text[:1] == "/" else f"{posix.getcwd()}/{text}"
    except (OSError, ValueError) as error:
        from sutra_client.text import display

        reason = getattr(error, "strerror", None) or "it is no path"
        raise SutraError(
            INVALID, f"{option} {display(text, 200)}: {reason}", "it takes a folder, such as where an image is mounted"
        ) from None
    return path.rstrip("/")


def _one_of(text: str, kind: str, known: tuple[str, ...]) -> str:
    if text in known:
        return text
    from sutra_client.suggest import unknown

    raise SutraError(INVALID, *unknown(kind, text, known))
