"""Line mode over a pipe and from a file: plain lines, and never a control character."""

import io
import os
import pty
import signal
import subprocess
import sys
import tempfile
from pathlib import Path

import pytest
from msgspec.structs import replace

import lines
import ptys
from avyctl.line.interrupts import Interrupts
from avyctl.line.mode import LineMode
from avyctl.line.paper import Paper
from avyctl.line.reader import LineReader
from lines import QUIET, answers, said
from oneshots import LAUNCHER, environment
from services.network.fake import FINDINGS as NETWORK
from services.system.fake import FINDINGS, STATUS, FakeSystem
from sutra_client import errors
from sutra_client.errors import SutraError
from sutra_client.gen.system import Status
from watching import Said


async def from_descriptor(descriptor: int) -> str:
    """All that is written when the words come from there."""
    output = io.StringIO()
    async with lines.Host(QUIET) as host:
        mode = LineMode(host, Said(), Paper(output.write), LineReader(descriptor))
        with Interrupts() as interrupts:
            assert await mode.talk(interrupts) == 0
    return output.getvalue()


async def test_it_begins_with_the_host_what_needs_attention_and_what_can_be_opened() -> None:
    shown = await said("quit\n", QUIET)
    assert shown.splitlines()[0] == "rpi-0042  AerynOS 2026.10  2 need attention  up 12d  root/admin"
    assert "warning  /var  92 % full, full in about 6 h at this rate" in shown.splitlines()
    assert any(line.startswith("1 home  ") for line in shown.splitlines())
    assert shown.endswith("avyctl> \n")
    assert all(text == "avyctl> " for text in shown.splitlines() if text.startswith("avyctl")), "what answers has its own line"


async def test_findings_are_numbered_and_a_number_tells_all_about_one() -> None:
    shown = await said("findings\n1\nquit\n", QUIET)
    listed, told, *_ = answers(shown)
    assert listed.splitlines()[1].startswith(" 1  warning")
    assert "Start a time service" in told and "same as  avyctl system status" in told


async def test_home_names_what_needs_attention_in_every_pane() -> None:
    shown = await said("", {"system": FakeSystem(findings=[])})
    assert NETWORK[0].evidence in shown


async def test_what_it_does_not_know_is_said_with_the_way_on() -> None:
    shown = await said("0\n99999999999999999999\nfrobnicate\n²\n", QUIET)
    assert shown.count("help tells which there are") == 4


async def test_help_names_every_command() -> None:
    shown = await said("help\n", QUIET)
    assert all(word in shown for word in ("list", "NUMBER", "filter", "sort", "next", "watch", "back", "help", "quit"))


async def test_the_end_of_input_is_the_end_also_without_a_last_newline() -> None:
    assert "NUMBER" not in await said("", QUIET)
    assert "NUMBER" in await said("help", QUIET)


async def test_it_reads_a_file(tmp_path: Path) -> None:
    script = tmp_path / "commands"
    script.write_text("help\nquit\n")
    with script.open() as source:
        assert "NUMBER" in await from_descriptor(source.fileno())


async def test_nothing_but_printable_text_is_ever_written() -> None:
    hostile = "\x1b[2J\x07\u202e\x9b\nforged"
    system = FakeSystem(
        replace(STATUS, hostname=hostile, os=hostile, unseen=[hostile]),
        [replace(FINDINGS[0], object=hostile, evidence=hostile, next=hostile)],
    )
    shown = await said(f"findings\n1\n{hostile}\nlist\n", QUIET | {"system": system})
    assert all(char == "\n" or char.isprintable() for char in shown)
    assert not any(written.startswith("forged") for written in shown.splitlines())


class Refusing(FakeSystem):
    async def status(self) -> Status:
        raise SutraError(errors.DENIED, "status: only readers may", "ask for the role reader")


async def test_an_error_says_why_and_what_to_do_and_is_not_the_end() -> None:
    shown = await said("help\n", QUIET | {"system": Refusing()})
    assert "error: status: only readers may\nask for the role reader\n" in shown
    assert "NUMBER" in shown


async def test_without_utf_8_a_name_is_escaped_and_not_lost() -> None:
    shown = await said("", QUIET | {"system": FakeSystem(replace(STATUS, hostname="größe"))}, utf8=False)
    assert shown.isascii() and "gr\\xf6\\xdfe" in shown


async def test_what_cannot_be_handed_to_a_command_is_an_error() -> None:
    shown = await said("system status \0\nsystem status x\n", QUIET)
    assert "error: system status \\x00: this cannot be handed to a command" in shown
    assert "did system status x" in shown


async def test_a_terminal_that_is_gone_ends_it() -> None:
    master, slave = pty.openpty()
    os.close(master)
    with open(slave, encoding="utf-8") as source:
        assert "rpi-0042" in await from_descriptor(source.fileno())


def test_a_full_disk_is_one_line_and_exit_code_1() -> None:
    with tempfile.TemporaryDirectory() as folder, open("/dev/full", "w") as full:
        command = [sys.executable, "-IS", LAUNCHER, "--line", "--embedded"]
        done = subprocess.run(command, env=environment(folder, {}), input=b"", stdout=full, stderr=subprocess.PIPE, check=False)
    assert (done.returncode, done.stderr.splitlines()) == (1, [b"avyctl: writing the output: No space left on device"])


def test_neither_screen_nor_services_are_loaded_for_lines(tmp_path: Path) -> None:
    script = (
        "import sys; sys.path.insert(0, sys.argv[1]); import avyctl.front, avyctl.line.mode;"
        "print(*[name for name in sys.modules if name.split('.')[0] in ('textual', 'rich', 'dbus_fast', 'pyroute2', 'psutil')])"
    )
    root = str(Path(LAUNCHER).parents[1])
    done = subprocess.run([sys.executable, "-c", script, root], capture_output=True, check=True, cwd=tmp_path)
    assert done.stdout.strip() == b""


@pytest.mark.parametrize("term", ["dumb", "xterm-256color"])
def test_a_dumb_terminal_gets_lines_by_itself_and_others_when_they_ask(term: str) -> None:
    words = [] if term == "dumb" else ["--line"]
    with (
        tempfile.TemporaryDirectory() as folder,
        ptys.Terminal(["-IS", LAUNCHER, *words, "--embedded"], env=environment(folder, {"TERM": term})) as terminal,
    ):
        terminal.read_until_shown("avyctl>")
        terminal.type("quit\n")
        terminal.read_until(lambda: b"quit" in terminal.received)
        terminal.seconds_to_end()
        terminal.read(1.0)
        assert terminal.code == 0
        assert b"\x1b" not in terminal.received


async def test_an_interrupt_in_a_pipe_ends_it_with_130() -> None:
    async with lines.talking(QUIET) as talk:
        await talk.until(lambda shown: shown.endswith("> "))
        signal.raise_signal(signal.SIGINT)
        assert await talk.end() == 130


async def test_an_interrupt_at_the_prompt_of_a_terminal_warns_and_a_second_leaves() -> None:
    async with lines.talking(QUIET, terminal=True) as talk:
        await talk.until(lambda shown: shown.endswith("> "))
        signal.raise_signal(signal.SIGINT)
        await talk.until(lambda shown: shown.endswith("Ctrl+C again, or quit, leaves avyctl.\navyctl> "))
        talk.type("help\n")
        await talk.until(lambda shown: shown.count("avyctl> ") == 3)
        signal.raise_signal(signal.SIGINT)
        await talk.until(lambda shown: shown.count("Ctrl+C again") == 2 and shown.endswith("> "))
        signal.raise_signal(signal.SIGINT)
        assert await talk.end() == 130
