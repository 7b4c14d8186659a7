import json

import pytest

from gen import example_table
from sutra_client import openmetrics, output, tabular, text
from sutra_client.errors import INVALID, UNAVAILABLE, SutraError
from sutra_client.event_output import EventOutput
from sutra_client.json_text import Json
from sutra_client.options import Options
from sutra_client.output import Output
from sutra_client.schema import Schema

Capture = pytest.CaptureFixture[str]

EXAMPLE = Schema("", (example_table.ID, example_table.NOUN, "", ""), example_table.ENTRIES, example_table.TYPES, example_table.ENUMS)
HOSTILE = "\x1b]52;c;aGk=\x07\u202e\x9b2J\n\r"
PAIRS: list[Json] = [{"host": "a", "port": 22, "state": "up"}, {"host": "long.example", "port": 8080, "state": HOSTILE}]
THING: dict[str, Json] = {
    "name": "door",
    "active": "failed",
    "uid": 7,
    "memory": 4096,
    "cpu": None,
    "uptime": 90_000_000,
    "changed": None,
    "path": {"base64": "L/8="},
    "environment": ["A=1", "B=2"],
    "journal": None,
    "token": "secret",
    "parts": [{"name": "wheel", "size": 12, "active": "inactive"}],
    "labels": {"colour": "red"},
}


def options(*words: str) -> Options:
    made = Options()
    assert made.take(list(words)) == []
    return made


def printed(capfd: Capture, kind: str, rows: list[Json], *words: str) -> str:
    Output(options(*words), EXAMPLE, kind).rows(rows)
    return capfd.readouterr().out


def test_a_table_lines_up_and_shows_hostile_text_as_escapes(capfd: Capture) -> None:
    assert printed(capfd, "Pair", PAIRS) == (
        "host          port  state\na               22  up\nlong.example  8080  \\x1b]52;c;aGk=\\x07\\u202e\\x9b2J\\x0a\\x0d\n"
    )


def test_titles_are_the_schemas_and_secrets_are_left_out(capfd: Capture) -> None:
    title = printed(capfd, "Thing", [THING], "-o", "wide").splitlines()[0]
    assert title.split() == ["name", "state", "uid", "memory", "cpu", "uptime", "changed", "path", "environment", "journal", "labels"]


@pytest.mark.parametrize(
    ("words", "expected"),
    [
        (["--no-legend"], "a               22  up\n"),
        (["--columns", "state,host"], "state"),
        (["-o", "json"], '[{"host":"a","port":22,"state":"up"},{"host":"long.example"'),
        (["-o", "jsonl"], '{"host":"a","port":22,"state":"up"}\n{"host"'),
        (["--json=pretty"], '[\n  {\n    "host": "a",\n    "port": 22,\n'),
        (["-j", "--columns=port"], '[{"port":22},{"port":8080}]\n'),
        (["-o", "yaml"], '- host: a\n  port: 22\n  state: up\n- host: long.example\n  port: 8080\n  state: "\\u001b]52'),
        (["-o", "name"], "a 22\nlong.example 8080\n"),
        (["--json=off"], "host"),
    ],
)
def test_every_form_of_a_list(capfd: Capture, words: list[str], expected: str) -> None:
    shown = printed(capfd, "Pair", PAIRS, *words)
    assert shown.startswith(expected)
    assert all(line.isprintable() for line in shown.split("\n"))


def test_an_empty_list_is_its_titles_or_an_empty_array(capfd: Capture) -> None:
    assert printed(capfd, "Pair", []) == "host  port  state\n"
    assert printed(capfd, "Pair", [], "--no-legend") == ""
    assert printed(capfd, "Pair", [], "-j") == "[]\n"
    assert printed(capfd, "Pair", [], "-o", "yaml") == "[]\n"


def test_an_empty_table_is_explained_where_somebody_looks(capfd: Capture, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(output, "is_terminal", lambda fd: fd == 2)
    Output(options(), EXAMPLE, "Pair").rows([])
    told = capfd.readouterr()
    assert (told.out, told.err) == ("host  port  state\n", "avyctl: there is nothing of this kind here\n")


def test_one_object_is_told_in_lines(capfd: Capture) -> None:
    Output(options("-o", "wide"), EXAMPLE, "Thing").value(THING)
    assert capfd.readouterr().out.splitlines() == [
        "name         door",
        "state        failed",
        "uid          7",
        "memory       4k",
        "cpu          -",
        "uptime       1m",
        "changed      -",
        "path         /\\xff",
        "environment  A=1",
        "             B=2",
        "journal      -",
        "parts",
        "  name   size  active",
        "  wheel   12B  inactive",
        "labels       colour=red",
    ]


def test_a_tree_is_told_level_by_level(capfd: Capture) -> None:
    leaf: dict[str, Json] = {"name": "leaf", "children": [], "next": None}
    Output(options(), EXAMPLE, "Node?").value({"name": "root", "children": [leaf], "next": None})
    assert capfd.readouterr().out == "name      root\nchildren\n  name      leaf\n  children  none\n  next      -\nnext      -\n"


def test_plain_answers(capfd: Capture) -> None:
    Output(options(), EXAMPLE, "string").answer(b'"two\\nlines\\u001b"')
    Output(options(), EXAMPLE, "duration").answer(b"60000000")
    Output(options(), EXAMPLE, "[]string").answer(b'["a b","c"]')
    Output(options("-j"), EXAMPLE, "duration").answer(b"60000000")
    Output(options(), EXAMPLE, "").answer(b"null")
    Output(options("-j"), EXAMPLE, "").answer(b"null")
    assert capfd.readouterr().out == "two\nlines\\x1b\n1m\na b\nc\n60000000\nnull\n"


def test_an_array_of_plain_ascii_is_handed_through_untouched(capfd: Capture) -> None:
    payload = b'[{"host": "a", "port": 1, "state": "up", "new": [1.0, 2e3]}]'
    Output(options("-o", "json"), EXAMPLE, "[]Pair").answer(payload)
    assert capfd.readouterr().out.encode() == payload + b"\n"
    snapshot = b'{"revision":1,"event":{"type":"snapshot","rows":' + payload + b',"more":false}}'
    assert Output(options("-o", "json"), EXAMPLE, "Pair").snapshot(snapshot)
    assert capfd.readouterr().out.encode() == payload + b"\n"


@pytest.mark.parametrize(
    "payload",
    [
        b'{"revision":1,"event":{"type":"snapshot","rows":[1],"x":[2],"more":false}}',
        b'{"revision":1,"event":{"type":"snapshot","rows":["\xc3\xa9"],"more":false}}',
        b'{"revision":1,"event":{"type":"snapshot","rows":[1],"more":true}}',
        b'{"revision":1,"event":{"type":"snapshot","rows":1,"more":false}}',
    ],
)
def test_a_snapshot_is_read_when_handing_it_through_would_not_do(capfd: Capture, payload: bytes) -> None:
    assert not Output(options("-o", "json"), EXAMPLE, "Pair").snapshot(payload)
    assert capfd.readouterr().out == ""


def test_an_answer_that_is_no_json_is_the_services_fault() -> None:
    with pytest.raises(SutraError) as caught:
        Output(options("-j"), EXAMPLE, "[]Pair").answer(b"[1,")
    assert caught.value.code == UNAVAILABLE


def test_escaped_json_leaves_nothing_for_the_terminal(capfd: Capture) -> None:
    Output(options("-j"), EXAMPLE, "[]Pair").answer(json.dumps(PAIRS, ensure_ascii=False).encode())
    shown = capfd.readouterr().out
    assert shown.rstrip("\n").isprintable()
    assert json.loads(shown) == PAIRS


def test_a_wrong_column_is_refused_before_any_call() -> None:
    for words in (["--columns", "hots"], ["--columns", "hots", "-j"]):
        with pytest.raises(SutraError, match="no column 'hots'") as caught:
            Output(options(*words), EXAMPLE, "Pair")
        assert (caught.value.code, caught.value.hint) == (INVALID, "did you mean host? there are: host, port, state")


@pytest.mark.parametrize("room", [10, 20, 40, 60])
def test_a_table_never_exceeds_the_terminal(room: int) -> None:
    fields = tabular.columns(EXAMPLE, "Thing", [], wide=True)
    rows: list[Json] = [{**THING, "name": "x" * 100, "active": "日本" * 20}]
    lines = tabular.table(rows, tabular.flat(EXAMPLE, fields), room)
    assert max(text.width(line) for line in lines) <= room


def test_the_widest_column_gives_way_first() -> None:
    fields = tabular.columns(EXAMPLE, "Pair", [], wide=False)
    rows: list[Json] = [{"host": "short", "port": 1, "state": "x" * 50}]
    assert tabular.table(rows, fields, 24)[1] == "short     1  " + "x" * 10 + "…"


def events(capfd: Capture, verb: str, happened: list[dict[str, Json]], *words: str) -> str:
    output = EventOutput(options("-w", *words), EXAMPLE, EXAMPLE.entries[verb])
    for event in happened:
        output.event(event)
    return capfd.readouterr().out


TOLD: list[dict[str, Json]] = [
    {"type": "snapshot", "rows": PAIRS[:1], "more": False},
    {"type": "changed", "rows": [{"host": "a", "port": 22, "state": "down"}]},
    {"type": "novelty"},
    {"type": "removed", "keys": [["a", 22]]},
]


@pytest.mark.parametrize(
    ("words", "expected"),
    [
        (
            ["-o", "jsonl"],
            '{"event":"snapshot","row":{"host":"a","port":22,"state":"up"}}\n'
            '{"event":"changed","row":{"host":"a","port":22,"state":"down"}}\n'
            '{"event":"removed","key":["a",22]}\n',
        ),
        (
            ["-o", "jsonl", "--columns", "state"],
            '{"event":"snapshot","row":{"state":"up"}}\n{"event":"changed","row":{"state":"down"}}\n{"event":"removed","key":["a",22]}\n',
        ),
        ([], "event     host  port  state\nsnapshot  a       22  up\nchanged   a       22  down\nremoved   a       22  -\n"),
        (
            ["-o", "yaml"],
            "---\nevent: snapshot\nrow:\n  host: a\n  port: 22\n  state: up\n---\nevent: changed\nrow:\n  host: a\n  port: 22\n"
            "  state: down\n---\nevent: removed\nkey:\n  - a\n  - 22\n",
        ),
    ],
    ids=["jsonl", "columns", "table", "yaml"],
)
def test_every_form_of_a_watched_list(capfd: Capture, words: list[str], expected: str) -> None:
    assert events(capfd, "pair list", TOLD, *words) == expected


def test_lost_records_are_told(capfd: Capture) -> None:
    told: list[dict[str, Json]] = [
        {"type": "records", "rows": [{"time": 0, "message": "hi", "severity": "info"}]},
        {"type": "lost", "count": 3},
    ]
    assert events(capfd, "log", told, "-o", "jsonl").splitlines()[1] == '{"event":"lost","count":3}'
    EventOutput(options("-w"), EXAMPLE, EXAMPLE.entries["log"]).event(told[1])
    assert "3 records were lost" in capfd.readouterr().err


def test_names_of_events_are_refused() -> None:
    with pytest.raises(SutraError, match="-o name does not go"):
        EventOutput(options("-o", "name"), EXAMPLE, EXAMPLE.entries["pair list"])


def test_measurements_become_openmetrics() -> None:
    schema = Schema(
        "",
        ("", "things", "", ""),
        {},
        {
            "Sample": (
                ("boottime", "duration", "When.", "", None, "", ""),
                ("load", "f64?", "Busy\nshare.", "%", None, "", ""),
                ("disks", "[]Disk", "Disks.", "", None, "", ""),
            ),
            "Disk": (
                ("name", "string", "Its name.", "", None, "", ""),
                ("read", "u64", "Read.", "B/s", None, "", ""),
                ("up", "bool", "Works.", "", None, "", ""),
            ),
        },
        {},
    )
    row: dict[str, Json] = {
        "boottime": 1_500_000,
        "load": None,
        "disks": [{"name": 'a"\\\x1b\n', "read": 5, "up": True}, {"name": "b", "read": 0, "up": False}],
    }
    assert openmetrics.exposition(schema, "Sample", row) == (
        "# TYPE avyctl_things_boottime_seconds gauge\n"
        "# UNIT avyctl_things_boottime_seconds seconds\n"
        "# HELP avyctl_things_boottime_seconds When.\n"
        "avyctl_things_boottime_seconds 1.5\n"
        "# TYPE avyctl_things_disks_read_bytes_per_second gauge\n"
        "# UNIT avyctl_things_disks_read_bytes_per_second bytes_per_second\n"
        "# HELP avyctl_things_disks_read_bytes_per_second Read.\n"
        'avyctl_things_disks_read_bytes_per_second{name="a\\"\\\\\\\\x1b\\n"} 5\n'
        'avyctl_things_disks_read_bytes_per_second{name="b"} 0\n'
        "# TYPE avyctl_things_disks_up gauge\n"
        "# HELP avyctl_things_disks_up Works.\n"
        'avyctl_things_disks_up{name="a\\"\\\\\\\\x1b\\n"} 1\n'
        'avyctl_things_disks_up{name="b"} 0\n'
        "# EOF\n"
    )


@pytest.mark.parametrize(
    ("words", "left"),
    [
        (["a", "-o", "json", "b"], ["a", "b"]),
        (["-ojson", "a"], ["a"]),
        (["a", "--name=-w", "--other", "x"], ["a", "--name=-w", "--other", "x"]),
        (["a", "--", "-w", "-o"], ["a", "--", "-w", "-o"]),
        (["a", "-5"], ["a", "-5"]),
    ],
)
def test_options_stand_anywhere_before_a_double_dash(words: list[str], left: list[str]) -> None:
    taken = Options()
    assert taken.take(words) == left
    assert not taken.watch


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (["-o"], "-o needs a value"),
        (["-o", "xml"], "no output format 'xml'"),
        (["--json=long"], "--json=long"),
        (["--color=green"], "no colour mode 'green'"),
        (["--timeout", "soon"], "'soon' is not a duration"),
        (["--timeout=0"], "no time at all"),
    ],
)
def test_wrong_options_are_invalid(words: list[str], message: str) -> None:
    with pytest.raises(SutraError, match=message) as caught:
        Options().take(words)
    assert caught.value.code == INVALID
