"""Help of the commands that are no noun's: usage, what it does, an example."""

from avyctl.paths import HOST

PAGES: dict[str, tuple[str, str, tuple[str, ...], str]] = {
    "call": (
        "call ENDPOINT METHOD [JSON-ARGS]",
        "one call of any service, by the interface that it serves",
        (
            "ENDPOINT is a noun, a service's id or the path of a socket. METHOD goes by its name or its verb.",
            "JSON-ARGS is an object of arguments by name; `avyctl introspect ENDPOINT` lists them.",
        ),
        'avyctl call /run/sutra/dev.example.lamps get \'{"name": "door"}\' -o json',
    ),
    "completion": (
        "completion bash|zsh|fish",
        "the script that a shell sources",
        ("Values are asked of running services, for 300 ms at most; none is started.",),
        'eval "$(avyctl completion bash)"',
    ),
    "help": ("help [NOUN [VERB]]", "what there is to do, and how", (), "avyctl help call"),
    "info": (
        "info",
        "what answers where: services, backends, endpoints, files",
        ("A service that cannot be reached is listed with the reason, which is no failure.", f"Configuration of the host is in {HOST}."),
        "avyctl info -o json",
    ),
    "introspect": (
        "introspect ENDPOINT",
        "the interface that a service serves",
        ("It is printed as JSON, or as YAML with -o yaml. ENDPOINT is a noun, a service's id or the path of a socket.",),
        "avyctl introspect /run/sutra/dev.example.lamps -o yaml",
    ),
    "monitor": (
        "monitor ENDPOINT STREAM [JSON-ARGS]",
        "events of any stream, as they come",
        (
            "ENDPOINT is a noun, a service's id or the path of a socket. STREAM goes by its name or its verb.",
            "It goes on until interrupted, which is no failure, or until the stream ends.",
        ),
        "avyctl monitor /run/sutra/dev.example.lamps list -o jsonl",
    ),
    "serve": (
        "serve [NAME...]",
        "offers services at their endpoints until it is stopped",
        (
            "Without NAME it offers all that this avyctl has. Endpoints are in $SUTRA_DIR where that is set, else in the host's own",
            "directory for root and in $XDG_RUNTIME_DIR/sutra for a user. SIGTERM and SIGINT end it, which is no failure.",
        ),
        "SUTRA_DIR=/run/user/1000/sutra avyctl serve",
    ),
    "sutra": (
        "sutra [ENDPOINT]",
        "the services of this host, who uses them, and what you may",
        (
            "Alone on a terminal it opens the screen that calls any method and follows any stream. ENDPOINT is a noun, a service's id or",
            "the path of a socket: its methods and streams are listed, and which of them you may use. Other users' connections are counted",
            "and no more is told of them.",
        ),
        "avyctl sutra system -o json",
    ),
    "version": ("version", "the version of avyctl", (), "avyctl version -o json"),
}
"""Command -> (usage, summary, what it does, example)."""
