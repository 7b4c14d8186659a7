"""The front door: options, then the command, script or screen that they ask for. What a one-shot imports is counted in milliseconds."""

from avyctl.paths import config_files
from sutra_client import schema
from sutra_client.endpoint import variable
from sutra_client.errors import INVALID, UNSUPPORTED, SutraError
from sutra_client.options import Options

TYPE_CHECKING = False
if TYPE_CHECKING:
    from avyctl.session import Session

USAGE = "usage: avyctl NOUN VERB [ARG...] [--field value], or `avyctl` alone on a terminal; `avyctl help` tells more"
COMMANDS = {
    "call": "direct",
    "completion": "completion",
    "__complete": "completion",
    "help": "manual",
    "info": "info",
    "introspect": "direct",
    "monitor": "direct",
    "sutra": "sutra",
    "version": "manual",
}
"""Words that are no nouns -> the module of avyctl whose run(name, words, options, session) does them."""
_ALWAYS = ("completion", "__complete", "help", "info", "version")
"""What works however broken the configuration is."""
_WATCHED = ("call", "help", "monitor")
"""Commands that -w reaches; a call that cannot be watched says so itself."""

_SCREENS = (["sutra"],)
"""Commands that, alone on a terminal, open a screen."""

_CONFIGURED = ("output", "color", "theme", "timeout")
"""Options whose defaults come from files and AVYCTL_* variables."""

BROKEN_PIPE = 141
INTERRUPTED = 130


def main(argv: list[str]) -> int:
    """Runs what the command line says and returns the exit code; all that it had to say has been written by then.

    Raises SystemExit after the screen and `serve`, whose process has more to put in order; else nothing but a bug escapes.
    """
    options = Options()
    try:
        return _main(argv, options)
    except SutraError as error:
        return report(error, options)
    except BrokenPipeError:
        return BROKEN_PIPE
    except KeyboardInterrupt:
        return 0 if options.watch else INTERRUPTED


def _main(argv: list[str], options: Options) -> int:
    broken = _configure(options)
    if argv[:1] == ["serve"] and not {"-h", "--help"} & set(argv):
        if broken:
            raise broken
        import avyctl.no_tls  # before asyncio
        from avyctl.serve import main as serve

        raise SystemExit(serve(argv[1:]))
    rest = options.take(argv)
    if broken:
        if not (options.help or options.version or (rest[:1] and rest[0] in _ALWAYS)):
            raise broken
        _tell(broken)
    if options.host:
        raise SutraError(UNSUPPORTED, f"-H {options.host}: other hosts cannot be reached yet", "run avyctl there, by ssh")
    if options.version:
        rest = ["version"]
    if options.scripts:
        from avyctl.script import run_all

        return run_all(options, rest, run, report)
    pane = rest[0] if rest in _SCREENS and _terminals() and not _printed(options) else ""
    if (rest or options.help) and not pane:
        run(rest or ["help"], options, None)
        return 0
    if not options.line and not _terminals():
        raise SutraError(INVALID, "no command was given, and stdin and stdout are no terminal to open the screen on", USAGE)
    import avyctl.no_tls  # noqa: F401 - before asyncio
    from avyctl.front import run as front

    raise SystemExit(
        front(
            line=options.line,
            embedded=options.embedded,
            root=options.root,
            read_only=options.read_only,
            theme=options.theme,
            color=options.color,
            pane=pane,
        )
    )


def _terminals() -> bool:
    """Whether stdin and stdout are. Asked only where it matters: what prints is loaded while the service works."""
    from sutra_client.output import is_terminal

    return is_terminal(0) and is_terminal(1)


def _printed(options: Options) -> bool:
    """Whether a command that is a screen as well is to print: by its options, or because the terminal can show no screen."""
    dumb = variable("TERM") in ("", "dumb")
    return dumb or options.line or options.help or options.watch or bool(options.output or options.columns)


def run(words: list[str], options: Options, session: "Session | None") -> None:
    """One command, without its options; `session` is what a script's commands share. Raises SutraError."""
    words = words[1:] if words[0] == "--" and words[1:] else words
    name, words = words[0], words[1:]
    if options.help and name != "help":
        name, words = "help", [name, *words]
    module = COMMANDS.get(name)
    if module:
        if options.watch and name not in _WATCHED:
            raise SutraError(INVALID, f"-w does not go with {name}: there is nothing to watch")
        from avyctl.session import Session

        __import__(f"avyctl.{module}", fromlist=("run",)).run(name, words, options, session or Session())
        return
    known = schema.nouns()
    if name == "serve":
        raise SutraError(INVALID, "serve comes first and alone, before any option and in no script", "usage: avyctl serve [NAME...]")
    if name not in known:
        from sutra_client.suggest import unknown

        if name[:1] == "-":
            from sutra_client.options import NAMES

            raise SutraError(INVALID, *unknown("option", name.partition("=")[0], NAMES))
        raise SutraError(INVALID, *unknown("noun or command", name, [*known, *(word for word in COMMANDS if word[0] != "_"), "serve"]))
    from sutra_client.command import parse

    asked = parse(schema.load(name), words)
    of = asked.schema
    from avyctl.session import Session, perform

    perform(asked, options, lambda: (session or Session()).client(of.id, of.stem, of.fingerprint, options))


def _configure(options: Options) -> SutraError | None:
    """Defaults of the options from files and environment; the command line comes on top. What is wrong there is returned."""
    try:
        _configured(options)
    except SutraError as error:
        return error
    return None


def _configured(options: Options) -> None:
    found: dict[str, str] = {}
    files = config_files()
    if files:
        from avyctl.config import load

        read = load(files)
        found = {name: value for name in _CONFIGURED if (value := getattr(read, name))}
    for name in _CONFIGURED:
        own = variable(f"AVYCTL_{name.upper()}")
        try:
            if value := own or found.get(name):
                options.take([f"--{name}={value}"])
        except SutraError as error:
            raise SutraError(INVALID, f"AVYCTL_{name.upper()}: {error.message}", error.hint) from None


def report(error: SutraError, options: Options) -> int:
    """Says what went wrong, on stderr and in JSON where that was asked for; returns the exit code."""
    from sutra_client import output

    try:
        _tell(error)
        if options.json:
            from sutra_client.json_text import short

            output.write(short({"error": {"code": error.code, "message": error.message, "hint": error.hint}}) + "\n")
    except (SutraError, BrokenPipeError):
        pass  # nobody is left to be told
    return error.exit_code


def _tell(error: SutraError) -> None:
    from sutra_client.output import write
    from sutra_client.text import display, display_lines

    lines = ["avyctl: " + display(error.message, 0)]  # on one line, so that no message of a service's passes for our hint
    lines += ["  " + line for line in display_lines(error.hint, 0) if line]
    write("\n".join(lines) + "\n", 2)
