"""What people read about processes."""

from services.processes.fake import NOW, ROWS, FakeProcesses, process
from sutra_client.gen.processes import State
from sutra_client.processes_text import belongs, capabilities, connection, detail, headline, summary, tone


def test_a_summary_counts_what_is_worth_a_look() -> None:
    shown = [row for row in ROWS if not row.kernel]
    assert summary(shown) == "12 processes, 1 running, 1 in D, 1 zombie"
    assert summary([]) == "0 processes"
    assert summary([process(1, "init")]) == "1 process"
    assert summary([process(pid, "a", state=State.ZOMBIE) for pid in (1, 2)]) == "2 processes, 2 zombies"


def test_a_headline_says_who_when_and_how_much() -> None:
    [row] = [row for row in ROWS if row.pid == 1311]
    first, command, use = headline(row, NOW / 1e6)
    assert first.startswith("cc1 (1311)  running  by ann  since ") and first.endswith("on pts/0")
    assert command == "cc1 -O2 main.c"
    assert use.startswith("cpu 99.4%  1.2s in all  mem 212M  1 thread  nice 10  parent 1310")


def test_where_a_process_belongs_is_said_narrowest_first() -> None:
    by_pid = {row.pid: row for row in ROWS}
    assert belongs(by_pid[2201]) == "app org.example.Files, app-flatpak-org.example.Files-2201.scope"
    assert belongs(by_pid[921]).startswith("container 4f4f4f4f4f4f, libpod-")
    assert belongs(by_pid[4712]) == ""


def test_a_tone_repeats_the_state() -> None:
    assert {tone(row) for row in ROWS} == {"", "dim", "error", "warning"}


async def test_details_say_what_is_open_and_name_bytes_that_are_no_text() -> None:
    lines = detail(await FakeProcesses().get(4713, environment=True), NOW / 1e6)
    assert "program  /home/ann/caf\\xe9" in lines
    assert "open  4 of 1024" in lines
    assert "     3  tcp LISTEN 0.0.0.0:22" in lines
    assert "environment  HOME=/root" in lines
    assert "memory  3M its own, 5M with its part of what is shared, 0B swapped out" in lines


def test_sockets_and_capabilities_in_words() -> None:
    assert connection("tcp", "ESTAB", "10.0.0.1:22", "10.0.0.9:5000") == "tcp ESTAB 10.0.0.1:22 -> 10.0.0.9:5000"
    assert connection("socket", None, None, None) == "socket -"
    assert capabilities(None) == "-" and capabilities([]) == "none" and capabilities(["kill"]) == "kill"
    assert capabilities([str(bit) for bit in range(41)]) == "41, nearly all or all"
