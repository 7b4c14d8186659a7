"""What one-shots print, byte for byte. AVYCTL_WRITE_GOLDEN=1 writes the files anew; read the difference before you commit it."""

import asyncio
import json
import os
import signal
import subprocess
import sys
import tempfile
from asyncio.subprocess import PIPE
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from fakes import FakeExample, thing
from gen.example import Active, Line, Pair, Sample
from oneshots import LAUNCHER, avyctl, environment, started
from services.core.server import Server
from services.system.fake import FakeSystem
from serving import about, server
from sutra_client.gen import system
from sutra_client.gen.index_table import NOUNS

DATA = Path(__file__).parent / "data"
EXAMPLE = "dev.avyctl.example"
HELP = [sys.executable, "-IS", LAUNCHER, "help"]
HOSTILE = "\x1b]52;c;aGk=\x07\u202eevil\x9b2J"


class Board:
    """A folder with two services at their sockets: the example's and the system's, both with fake backends."""

    def __init__(self, folder: str) -> None:
        self.folder = folder
        self.example = FakeExample((thing("door"), thing("gate", Active.FAILED), thing(HOSTILE)))
        self.example.pairs_by_key = {("a", 22): Pair("a", 22, "up"), ("b", 80): Pair("b", 80, HOSTILE)}
        self.example.history = [Sample(60_000_000, 0.5, 86_016), Sample(61_000_000, 12.25, 0)]
        self.system = FakeSystem()
        self._servers = [server(self.example), Server(system.SERVICE, self.system, about)]

    async def start(self) -> None:
        for running in self._servers:
            await running.listen(self.folder)

    async def stop(self) -> None:
        for running in self._servers:
            await running.stop()


@pytest.fixture
async def board() -> AsyncIterator[Board]:
    with tempfile.TemporaryDirectory() as folder:
        made = Board(folder)
        await made.start()
        try:
            yield made
        finally:
            await made.stop()


CASES: dict[str, tuple[int, list[str]]] = {
    "call-table": (0, ["call", EXAMPLE, "rows", '{"count": 3}']),
    "call-wide": (0, ["call", EXAMPLE, "rows", '{"count": 2}', "-o", "wide"]),
    "call-json": (0, ["call", EXAMPLE, "rows", '{"count": 2}', "-o", "json"]),
    "call-json-pretty": (0, ["call", EXAMPLE, "rows", '{"count": 1}', "--json=pretty"]),
    "call-jsonl": (0, ["call", EXAMPLE, "rows", '{"count": 2}', "-o", "jsonl"]),
    "call-yaml": (0, ["call", EXAMPLE, "rows", '{"count": 1}', "-o", "yaml"]),
    "call-name": (0, ["call", EXAMPLE, "rows", '{"count": 2}', "-o", "name"]),
    "call-columns": (0, ["call", EXAMPLE, "rows", '{"count": 2}', "--columns", "cpu,name"]),
    "call-no-legend": (0, ["call", EXAMPLE, "rows", '{"count": 2}', "--no-legend"]),
    "call-object": (0, ["call", EXAMPLE, "get", '{"name": "gate"}', "-o", "wide"]),
    "call-tree": (0, ["call", EXAMPLE, "tree"]),
    "call-hostile": (0, ["call", EXAMPLE, "get", json.dumps({"name": HOSTILE})]),
    "call-hostile-json": (0, ["call", EXAMPLE, "get", json.dumps({"name": HOSTILE}), "-j"]),
    "call-hostile-yaml": (0, ["call", EXAMPLE, "get", json.dumps({"name": HOSTILE}), "-o", "yaml"]),
    "call-hostile-name": (0, ["call", EXAMPLE, "get", json.dumps({"name": HOSTILE}), "-o", "name"]),
    "call-not-found": (4, ["call", EXAMPLE, "get", '{"name": "x"}']),
    "call-not-found-json": (4, ["call", EXAMPLE, "get", '{"name": "x"}', "-o", "json"]),
    "call-not-found-yaml": (4, ["call", EXAMPLE, "get", '{"name": "x"}', "-o", "yaml"]),
    "call-hostile-error": (1, ["call", EXAMPLE, "fail", json.dumps({"code": "FAILED", "message": HOSTILE})]),
    "introspect": (0, ["introspect", EXAMPLE]),
    "system-status": (0, ["system", "status"]),
    "system-status-wide": (0, ["system", "status", "-o", "wide"]),
    "system-status-json": (0, ["system", "status", "-o", "json"]),
    "system-status-yaml": (0, ["system", "status", "-o", "yaml"]),
    "system-findings": (0, ["system", "findings"]),
    "system-findings-json": (0, ["system", "findings", "-o", "json"]),
    "system-findings-jsonl": (0, ["system", "findings", "-o", "jsonl"]),
    "system-findings-yaml": (0, ["system", "findings", "-o", "yaml"]),
    "system-findings-name": (0, ["system", "findings", "-o", "name"]),
    "system-findings-where": (0, ["system", "findings", "--where", "severity=warning", "--columns", "id,severity"]),
    "system-users": (0, ["system", "users"]),
    "system-openmetrics": (0, ["system", "metrics", "-o", "openmetrics"]),
    "system-no-verb": (2, ["system"]),
    "system-wrong-verb": (2, ["system", "stauts"]),
    "wrong-noun": (2, ["sytsem", "status"]),
    "wrong-noun-json": (2, ["sytsem", "status", "-j"]),
    "no-endpoint": (7, ["call", "dev.avyctl.nothing", "get"]),
    "help-verb": (0, ["help", "system", "findings"]),
}


def compare(name: str, text: bytes) -> None:
    path = DATA / name
    if os.environ.get("AVYCTL_WRITE_GOLDEN"):
        if text:
            path.write_bytes(text)
        else:
            path.unlink(missing_ok=True)
    assert text.decode() == (path.read_bytes().decode() if path.exists() else "")


@pytest.mark.parametrize("name", CASES)
async def test_every_byte_is_as_agreed(board: Board, name: str) -> None:
    code, words = CASES[name]
    ended = await avyctl(board.folder, *words)
    folder = board.folder.encode()
    compare(f"{name}.out", ended.out.replace(folder, b"FOLDER"))
    compare(f"{name}.err", ended.err.replace(folder, b"FOLDER"))
    assert ended.code == code
    for line in (ended.out + ended.err).decode().split("\n"):
        assert line.isprintable(), "something for the terminal came through"


def test_no_golden_file_is_left_over() -> None:
    assert {path.stem for path in DATA.iterdir()} <= {*CASES, "watch-jsonl", "watch-table", "script"}


async def test_what_json_says_is_json(board: Board) -> None:
    for name, (_, words) in CASES.items():
        if "json" in name:
            ended = await avyctl(board.folder, *words)
            for line in ended.out.splitlines() if "jsonl" in name else [ended.out]:
                json.loads(line)


@pytest.mark.parametrize("form", ["jsonl", "table"])
async def test_watching_tells_each_change_until_interrupted(board: Board, form: str) -> None:
    async with started(board.folder, "monitor", EXAMPLE, "pairs", "-o", form) as process:
        assert process.stdout is not None
        lines = [await process.stdout.readline() for _ in range(2 if form == "jsonl" else 3)]
        board.example.change_pair(Pair("a", 22, "down"))
        lines.append(await process.stdout.readline())
        board.example.remove_pair("b", 80)
        lines.append(await process.stdout.readline())
        process.send_signal(signal.SIGINT)
        assert await process.wait() == 0
    compare(f"watch-{form}.out", b"".join(lines))


async def test_a_script_runs_its_commands_and_stops_at_the_first_failure(board: Board) -> None:
    first = b'# what is wrong\nsystem findings --columns id -o jsonl; call dev.avyctl.example get \'{"name": "door"}\' -o jsonl\n'
    script = first + b"system nothing\nsystem users\n"
    ended = await avyctl(board.folder, "--exec", "-", stdin=script)
    assert ended.code == 2
    compare("script.out", ended.out)
    tool = await asyncio.create_subprocess_exec(sys.executable, "-m", "json.tool", "--json-lines", stdin=PIPE, stdout=PIPE, stderr=PIPE)
    await tool.communicate(ended.out)
    assert tool.returncode == 0
    going = await avyctl(board.folder, "--keep-going", "--exec", "-", stdin=script)
    assert going.code == 2
    assert len(going.out) > len(ended.out)


async def test_exec_file_and_plain_words_are_the_same_thing(board: Board, tmp_path: Path) -> None:
    script = tmp_path / "script"
    script.write_text("system status\n")
    plain = await avyctl(board.folder, "system", "status")
    assert plain.out
    assert await avyctl(board.folder, "--exec", "system status") == plain
    assert await avyctl(board.folder, "-f", str(script)) == plain


@pytest.mark.parametrize(
    ("code", "exit_code"),
    [
        ("INVALID", 2),
        ("NOT_FOUND", 4),
        ("DENIED", 5),
        ("AUTH_REQUIRED", 5),
        ("BUSY", 6),
        ("STALE", 6),
        ("EXISTS", 6),
        ("UNAVAILABLE", 7),
        ("UNSUPPORTED", 7),
        ("TIMEOUT", 124),
        ("CANCELLED", 130),
        ("FAILED", 1),
        ("INTERNAL", 1),
        ("NEWER", 1),
    ],
)
async def test_each_error_has_its_exit_code(board: Board, code: str, exit_code: int) -> None:
    ended = await avyctl(board.folder, "call", EXAMPLE, "fail", json.dumps({"code": code}), "-j")
    assert ended.code == exit_code
    assert json.loads(ended.out) == {"error": {"code": code, "message": "asked to fail", "hint": "ask for something else"}}
    assert ended.err == b"avyctl: asked to fail\n  ask for something else\n"


async def test_a_timeout_cancels_and_exits_124(board: Board) -> None:
    ended = await avyctl(board.folder, "call", EXAMPLE, "slow", '{"time_taken": 60000000}', "--timeout", "200ms")
    assert ended.code == 124
    await board.example.slow_cancelled.wait()


async def test_an_interrupt_of_anything_but_a_watch_is_130(board: Board) -> None:
    async with started(board.folder, "call", EXAMPLE, "slow", '{"time_taken": 60000000}') as process:
        await board.example.slow_started.wait()
        process.send_signal(signal.SIGINT)
        assert await process.wait() == 130
        await board.example.slow_cancelled.wait()


def test_a_reader_that_leaves_is_no_error_worth_a_word() -> None:
    reading, writing = os.pipe()
    os.close(reading)
    with open(writing, "wb") as gone:
        ended = subprocess.run(HELP, stdout=gone, stderr=PIPE, env=environment("/nonexistent", {}), check=False)
    assert (ended.returncode, ended.stderr) == (141, b"")


def test_a_full_device_is_a_failure_that_is_told() -> None:
    with open("/dev/full", "wb") as full:
        ended = subprocess.run(HELP, stdout=full, stderr=PIPE, env=environment("/nonexistent", {}), check=False)
    assert (ended.returncode, ended.stderr) == (1, b"avyctl: writing the output: No space left on device\n")


async def test_no_command_and_no_terminal_is_a_usage_error(board: Board) -> None:
    ended = await avyctl(board.folder)
    assert ended.code == 2
    assert b"usage: avyctl NOUN VERB" in ended.err


async def test_other_hosts_are_refused_in_one_sentence(board: Board) -> None:
    ended = await avyctl(board.folder, "-H", "pi@board", "system", "status")
    assert (ended.code, ended.out) == (7, b"")
    assert ended.err.startswith(b"avyctl: -H pi@board: other hosts cannot be reached yet\n")


@pytest.mark.parametrize(("words", "code"), [(["--read-only"], 5), ([], 2), (["--no-input"], 2), (["-y"], 0)])
async def test_a_disruptive_change_needs_a_yes_and_no_read_only(board: Board, words: list[str], code: int) -> None:
    args = json.dumps({"name": "door", "label": "size", "value": "big"})
    ended = await avyctl(board.folder, "call", EXAMPLE, "set_label", args, *words)
    assert ended.code == code, ended.err
    assert (board.example.rows_by_name["door"].labels.get("size") == "big") == (code == 0)


async def test_a_long_list_arrives_whole(board: Board) -> None:
    ended = await avyctl(board.folder, "call", EXAMPLE, "rows", '{"count": 5000}', "-o", "json")
    assert len(json.loads(ended.out)) == 5000


@pytest.mark.parametrize(
    ("words", "found"),
    [
        (["s"], "services system sutra serve"),
        (["system", "fi"], "findings"),
        (["system", "findings", "--whe"], "--where"),
        (["system", "findings", "--where", "severity=w"], "severity=warning"),
        (["system", "findings", "-o", "js"], "json jsonl"),
        (["help", "system", "sta"], "status"),
        (["completion", "z"], "zsh"),
        (["nothing", ""], ""),
    ],
)
async def test_completion_knows_what_can_come_next(board: Board, words: list[str], found: str) -> None:
    ended = await avyctl(board.folder, "__complete", "--", *words)
    assert (ended.code, ended.out.decode().split()) == (0, found.split())


@pytest.mark.parametrize("shell", ["bash", "zsh", "fish"])
async def test_completion_scripts_are_printed(board: Board, shell: str) -> None:
    ended = await avyctl(board.folder, "completion", shell)
    assert b"avyctl __complete --" in ended.out


async def test_info_names_backends_and_paths(board: Board) -> None:
    ended = await avyctl(board.folder, "info", "-j")
    told = json.loads(ended.out)
    answers = {answer["service"]: (answer["endpoint"], answer["backend"]) for answer in told["endpoints"]}
    assert answers["dev.avyctl.system"] == (f"{board.folder}/dev.avyctl.system", "fake")
    assert set(answers) == {service for _, service in NOUNS.values()}
    assert {"name": "endpoints", "path": board.folder, "exists": True} in told["paths"]


async def test_configuration_by_environment_gives_way_to_options(board: Board) -> None:
    words = ["call", EXAMPLE, "rows", '{"count": 1}', "--columns", "name"]
    assert (await avyctl(board.folder, *words, AVYCTL_OUTPUT="json")).out == b'[{"name":"thing-0000"}]\n'
    assert (await avyctl(board.folder, *words, "-o", "jsonl", AVYCTL_OUTPUT="json")).out == b'{"name":"thing-0000"}\n'
    assert (await avyctl(board.folder, *words, AVYCTL_OUTPUT="xml")).code == 2


async def test_a_log_is_read_to_its_end(board: Board) -> None:
    async with started(board.folder, "monitor", EXAMPLE, "lines", "-o", "jsonl") as process:
        assert process.stdout is not None
        await board.example.lines_feed.until(1)
        board.example.write(Line(0, HOSTILE))
        board.example.lines_feed.close()
        out = await process.stdout.read()
        assert await process.wait() == 0
    assert json.loads(out)["row"]["message"] == HOSTILE
    assert out.decode().rstrip("\n").isprintable()
