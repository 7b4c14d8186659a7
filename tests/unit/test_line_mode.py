"""Line mode over a pipe and from a file: plain lines, and never a control character."""

import io
import os
import pty
import subprocess
import sys
import tempfile
from pathlib import Path

from msgspec.structs import replace

import ptys
from avyctl import line
from oneshots import LAUNCHER, environment
from services.system.fake import FINDINGS, STATUS, FakeSystem
from sutra_client import errors
from sutra_client.errors import SutraError
from sutra_client.gen.system import Status, System


async def said(words: str, system: System | None = None, utf8: bool = True) -> str:
    """All that line mode writes when this comes through a pipe."""
    reading, writing = os.pipe()
    os.write(writing, words.encode())
    os.close(writing)
    output = io.StringIO()
    with open(reading, encoding="utf-8") as source:
        assert await line.run(system or FakeSystem(), "root·admin", source, output.write, utf8=utf8) == 0
    return output.getvalue()


async def test_it_begins_with_the_host_and_what_needs_attention() -> None:
    shown = await said("quit\n")
    assert shown.splitlines()[0] == "rpi-0042  AerynOS 2026.10  2 need attention  up 12d  root/admin"
    assert " 1  warning  /var  92 % full, full in about 6 h at this rate" in shown.splitlines()
    assert shown.endswith("avyctl home> \n")
    assert all(text == "avyctl home> " for text in shown.splitlines() if text.startswith("avyctl")), "what answers has its own line"


async def test_a_number_tells_all_about_a_finding() -> None:
    shown = await said("2\nquit\n")
    assert "Start a time service" in shown and "same as  avyctl system status" in shown


async def test_what_it_does_not_know_is_said_with_the_way_on() -> None:
    shown = await said("0\n99999999999999999999\nfrobnicate\n")
    assert shown.count("help tells which there are") == 3


async def test_help_names_every_command() -> None:
    shown = await said("help\n")
    assert all(word in shown for word in ("list", "NUMBER", "help", "quit"))


async def test_the_end_of_input_is_the_end_also_without_a_last_newline() -> None:
    assert "Make" not in await said("")
    assert "NUMBER" in await said("help")


async def test_it_reads_a_file(tmp_path: Path) -> None:
    script = tmp_path / "commands"
    script.write_text("help\nquit\n")
    output = io.StringIO()
    with script.open() as source:
        assert await line.run(FakeSystem(), "", source, output.write) == 0
    assert "NUMBER" in output.getvalue()


async def test_nothing_but_printable_text_is_ever_written() -> None:
    hostile = "\x1b[2J\x07\u202e\x9b\nforged"
    system = FakeSystem(
        replace(STATUS, hostname=hostile, os=hostile, unseen=[hostile]),
        [replace(FINDINGS[0], object=hostile, evidence=hostile, next=hostile)],
    )
    shown = await said(f"1\n{hostile}\nlist\n", system)
    assert all(char == "\n" or char.isprintable() for char in shown)
    assert not any(written.startswith("forged") for written in shown.splitlines())


class Refusing(FakeSystem):
    async def status(self) -> Status:
        raise SutraError(errors.DENIED, "status: only readers may", "ask for the role reader")


async def test_an_error_says_why_and_what_to_do_and_is_not_the_end() -> None:
    shown = await said("help\n", Refusing())
    assert "error: status: only readers may\nask for the role reader\n" in shown
    assert "NUMBER" in shown


async def test_without_utf_8_a_name_is_escaped_and_not_lost() -> None:
    shown = await said("", FakeSystem(replace(STATUS, hostname="größe")), utf8=False)
    assert shown.isascii() and "gr\\xf6\\xdfe" in shown


async def test_a_terminal_that_is_gone_ends_it() -> None:
    master, slave = pty.openpty()
    os.close(master)
    with open(slave, encoding="utf-8") as source:
        assert await line.run(FakeSystem(), "", source, io.StringIO().write) == 0


def test_a_full_disk_is_one_line_and_exit_code_1() -> None:
    with tempfile.TemporaryDirectory() as folder, open("/dev/full", "w") as full:
        command = [sys.executable, "-IS", LAUNCHER, "--line", "--embedded"]
        done = subprocess.run(command, env=environment(folder, {}), input=b"", stdout=full, stderr=subprocess.PIPE, check=False)
    assert (done.returncode, done.stderr.splitlines()) == (1, [b"avyctl: writing the output: No space left on device"])


def test_an_interrupt_ends_its_line() -> None:
    with (
        tempfile.TemporaryDirectory() as folder,
        ptys.Terminal(["-IS", LAUNCHER, "--line", "--embedded"], env=environment(folder, {})) as terminal,
    ):
        terminal.read_until_shown("avyctl home>")
        terminal.type("\x03")
        terminal.read(1.0)
        terminal.seconds_to_end()
        assert terminal.code == 130
        assert terminal.received.endswith(b"\r\n")
