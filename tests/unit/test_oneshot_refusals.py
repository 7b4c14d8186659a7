"""What one-shots say to words, options, files and services that do not fit."""

import asyncio
import json
import socket
import tempfile
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from fakes import FakeExample, thing
from oneshots import avyctl
from services.core.server import Server
from services.system.fake import FakeSystem
from serving import about, server
from sutra_client.gen import system

EXAMPLE = "dev.avyctl.example"


@pytest.fixture
async def folder() -> AsyncIterator[str]:
    with tempfile.TemporaryDirectory() as path:
        running = [server(FakeExample((thing("door"),))), Server(system.SERVICE, FakeSystem(), about)]
        for one in running:
            await one.listen(path)
        try:
            yield path
        finally:
            for one in running:
                await one.stop()


INVALID: list[tuple[list[str], str]] = [
    (["system", "findings", "-o", "openmetrics"], "-o openmetrics does not go with"),
    (["system", "findings", "-w", "-o", "openmetrics"], "-o openmetrics does not go with"),
    (["system", "status", "-o", "openmetrics"], "-o openmetrics does not go with"),
    (["system", "users", "-o", "openmetrics"], "-o openmetrics does not go with"),
    (["system", "history", "-o", "openmetrics"], "-o openmetrics does not go with"),
    (["info", "-o", "openmetrics"], "-o openmetrics does not go with"),
    (["introspect", "system", "-o", "openmetrics"], "-o openmetrics does not go with"),
    (["version", "-o", "openmetrics"], "-o openmetrics does not go with"),
    (["-f", "/dev/zero"], "a script of more than 4 MiB"),
    (["system", "status", "-w"], "-w does not go with system status"),
    (["info", "-w"], "-w does not go with info"),
    (["system", "status", "--confirm-within", "60s"], "it changes nothing"),
    (["system", "status", "--no-wait"], "it changes nothing"),
    (["system", "findings", "--columns", ""], "--columns names no column"),
    (["version", "extra"], "version takes no words"),
    (["info", "extra"], "info takes no words"),
    (["--colunms", "a", "system", "users"], "there is no option '--colunms'\n  did you mean --columns?"),
    (["system", "users", "--colunms=a"], "there is no option '--colunms'\n  did you mean --columns?"),
    (["call", EXAMPLE, "get", '{"nam": "door"}'], "there is no argument of get 'nam'\n  did you mean name?"),
    (["call", EXAMPLE, "get"], "get needs the argument name"),
    (["call", EXAMPLE, "get", '{"name": 1}'], "argument name is not a text"),
    (["call", EXAMPLE, "rows", '{"count": -1}'], "argument count is not between 0 and"),
    (["call", EXAMPLE, "rows", '{"count": 99999999999999999999999}'], "argument count is not between 0 and"),
    (["call", EXAMPLE, "slow", '{"time_taken": 9223372036854775808}'], "argument time_taken is not between"),
    (["call", EXAMPLE, "get", '{"name" "door"}'], "JSON-ARGS is not valid JSON: Expecting ':' delimiter at character 9"),
    (["call", EXAMPLE], "call takes 2 or 3 words, not 1"),
    (["introspect"], "introspect takes 1 word, not 0"),
    (["call", EXAMPLE, "pairs"], "is a stream\n  `avyctl monitor` is for streams"),
    (["sy\x1bs\udcff"], r"'sy\x1bs\xff'"),
    (["system", "history", "--since", "99999999999999d"], "within 290 000 years"),
]


@pytest.mark.parametrize(("words", "told"), INVALID, ids=[" ".join(words).encode("ascii", "replace").decode() for words, _ in INVALID])
async def test_what_does_not_fit_is_said_in_a_sentence(folder: str, words: list[str], told: str) -> None:
    ended = await avyctl(folder, *words)
    assert told in ended.err.decode()
    assert (ended.code, ended.out) == (2, b"")
    assert b"Traceback" not in ended.err


async def test_an_endless_stdin_is_no_script(folder: str) -> None:
    ended = await avyctl(folder, "--exec", "-", stdin=b"# much\n" * 700_000)
    assert (ended.code, b"4 MiB" in ended.err) == (2, True)


@pytest.mark.parametrize("words", [["-f", "-"], ["--exec", "-"]])
async def test_a_script_with_a_byte_order_mark_comes_from_stdin(folder: str, words: list[str]) -> None:
    assert await avyctl(folder, *words, stdin=b"\xef\xbb\xbfversion\n") == await avyctl(folder, "version")


async def test_forms_and_places_of_small_commands(folder: str) -> None:
    assert json.loads((await avyctl(folder, "version", "-o", "json")).out).keys() == {"version"}
    assert await avyctl(folder, "-V") == await avyctl(folder, "version")
    assert await avyctl(folder, "--", "system", "users") == await avyctl(folder, "system", "users")


@pytest.mark.parametrize("command", ["serve", "info", "call", "monitor", "introspect", "completion", "version"])
async def test_every_command_has_help_of_its_own(folder: str, command: str) -> None:
    ended = await avyctl(folder, command, "--help")
    assert ended == await avyctl(folder, "help", command)
    text = ended.out.decode()
    assert text.startswith(f"avyctl {command}")
    assert "Exit codes\n" in text
    assert "Example\n  " in text
    assert max(map(len, text.splitlines())) <= 80


async def test_help_fits_eighty_columns(folder: str) -> None:
    assert max(map(len, (await avyctl(folder, "help")).out.decode().splitlines())) <= 80


async def test_a_service_that_never_answers_is_given_no_more_time_than_was_said(tmp_path: Path) -> None:
    with socket.socket(socket.AF_UNIX) as silent:
        silent.bind(str(tmp_path / "dev.avyctl.system"))
        silent.listen(1)
        began = asyncio.get_running_loop().time()
        ended = await avyctl(str(tmp_path), "system", "users", "--timeout", "300ms")
        assert (ended.code, b"did not answer in time" in ended.err) == (124, True)
        assert asyncio.get_running_loop().time() - began < 3


async def test_info_does_not_claim_what_is_not_there(tmp_path: Path) -> None:
    ended = await avyctl(str(tmp_path), "info", "-j")
    service = next(answer for answer in json.loads(ended.out)["endpoints"] if answer["service"] == "dev.avyctl.system")
    assert (ended.code, service["endpoint"], service["backend"]) == (0, None, None)
    assert str(tmp_path) in service["reason"]


@pytest.mark.parametrize(("home", "told"), [("", "none (no HOME)"), ("here", "none (HOME is no absolute path)")])
async def test_info_says_why_a_user_has_no_configuration(folder: str, home: str, told: str) -> None:
    ended = await avyctl(folder, "info", "-j", HOME=home)
    paths = {path["name"]: (path["path"], path["exists"]) for path in json.loads(ended.out)["paths"]}
    assert paths["configuration of the user"] == (told, False)


async def test_a_path_that_is_no_socket_is_said_to_be_none(folder: str, tmp_path: Path) -> None:
    plain = tmp_path / "plain"
    plain.write_text("")
    ended = await avyctl(folder, "introspect", str(plain))
    assert (ended.code, f"{plain} is no socket" in ended.err.decode()) == (7, True)


@pytest.mark.parametrize(
    ("words", "found"),
    [
        (["system", "findings", "--columns", "id,sev"], "id,severity"),
        (["call", "system", "us"], "users"),
        (["monitor", "system", "sa"], "samples"),
        (["serve", ""], "system"),
        (["--color=al"], "--color=always"),
        (["--json=p"], "--json=pretty"),
        (["help", "ser"], "serve"),
        (["-f", "/etc/passw"], "/etc/passwd"),
    ],
)
async def test_completion_of_what_is_no_nouns(folder: str, words: list[str], found: str) -> None:
    ended = await avyctl(folder, "__complete", "--", *words)
    assert (ended.code, found in ended.out.decode().split()) == (0, True), ended


BASH = """
eval "$("$AVYCTL" completion bash)"
before=$COMP_WORDBREAKS
avyctl() { "$AVYCTL" "$@"; }
COMP_WORDS=(avyctl system findings --color = a) COMP_CWORD=5 COMP_LINE='avyctl system findings --color=a'
COMP_POINT=${#COMP_LINE}
_avyctl
echo "${COMPREPLY[*]}"
[[ $before == "$COMP_WORDBREAKS" ]] && echo untouched
"""


async def test_bash_completes_behind_an_equals_sign_and_keeps_its_word_breaks(folder: str) -> None:
    from oneshots import LAUNCHER, environment

    process = await asyncio.create_subprocess_exec(
        "bash", "-c", BASH, stdout=asyncio.subprocess.PIPE, env=environment(folder, {"AVYCTL": LAUNCHER})
    )
    out, _ = await process.communicate()
    assert out.decode().splitlines() == ["auto always", "untouched"]
