"""A host whose every string wants to get at the terminal, through every pane and every way that a person goes."""

import os
from base64 import b64encode
from pathlib import Path

import pytest

import ptys
from hostile import assert_only_ours

ROOT = Path(__file__).parent.parent.parent
PROGRAM = [str(ROOT / "tests" / "data" / "hostile_panes.py"), str(ROOT)]
WALK = (
    ("", "Needs attention"),
    ("\r", "Needs attention"),
    ("9", "Processes  "),
    ("t", "Processes  "),
    ("t\r", "parent"),
    ("\x1by", "avyctl processes"),
    ("\x1b/", "/"),
    ("x\r", "Processes  "),
    ("\x1bx", "what it does"),
    ("\x1b:sutra\r", "Sutra  "),
    ("d", "state"),
    ("\x1b\r", "methods"),
    ("p", "peers"),
    ("\x1b:hostile\r", "exit code 1"),
    ("\x1b", "methods"),
    (":x\t", ":x"),
    ("\x1b?", "PgUp"),
    ("\x1b", "methods"),
    ("2", "Deployments  "),
    ("\r", "kernel    "),
    ("\x1b3", "Services  "),
    ("\r", "main process"),
    ("\x1bU", "   user"),
    ("8", "Logs  "),
    ("\r", "priority"),
    ("\x1bu", "not known which unit"),
    ("1", "Needs attention"),
)
"""What is typed, and what is then to be seen."""


COPIED = b"\x1b]52;c;" + b64encode(b"avyctl processes list") + b"\x07"
"""What `y` copies, where the terminal can."""


@pytest.mark.parametrize(("term", "level"), [("xterm-256color", "xterm"), ("linux", "linux"), ("vt100", "vt100")])
def test_a_hostile_host_gets_at_no_terminal_through_any_pane(term: str, level: str) -> None:
    environ = {"TERM": term, "LANG": "C.UTF-8", "PATH": os.environ["PATH"], "HOME": os.environ["HOME"]}
    with ptys.Terminal(PROGRAM, (100, 30), environ) as terminal:
        for keys, shown in WALK:
            for key in keys:
                terminal.type(key)
                terminal.read(0.2)
            terminal.read_until_shown(shown)
        terminal.type("q")
        terminal.seconds_to_end()
        assert terminal.code == 0
        assert_only_ours(terminal.received.replace(COPIED, b""), level)
        assert (COPIED in terminal.received) == (level == "xterm")
