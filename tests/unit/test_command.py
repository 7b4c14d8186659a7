import pytest
from hypothesis import given
from hypothesis import strategies as st

from gen import example_table
from sutra_client import equivalent, introspected, schema, values, words
from sutra_client.command import parse
from sutra_client.errors import INVALID, SutraError
from sutra_client.json_text import Json, short
from sutra_client.schema import Entry, Field, Schema, implied

EXAMPLE = Schema(
    "example",
    (example_table.ID, example_table.NOUN, example_table.DOC, example_table.FINGERPRINT),
    example_table.ENTRIES,
    example_table.TYPES,
    example_table.ENUMS,
)
TEXT = st.text(st.characters(exclude_characters="\0", exclude_categories=["Cs"]))
OPERATORS = st.sampled_from(["=", "!=", "<", "<=", ">", ">="])


def value(kind: str) -> st.SearchStrategy[Json]:
    """JSON forms of a schema type, as a parsed command line has them."""
    bare = kind.removesuffix("?")
    if bare.startswith("[]"):
        return st.lists(value(bare[2:]), max_size=3).map(list[Json])
    if bare.startswith("map[string]"):
        return st.dictionaries(TEXT, value(bare.removeprefix("map[string]")), max_size=3).map(dict[str, Json])
    if bare in EXAMPLE.enums:
        return st.sampled_from(EXAMPLE.enums[bare])
    if bare in EXAMPLE.types:
        return st.fixed_dictionaries({"name": TEXT})
    if bare[0] in "iu" and bare[1:].isdigit():
        bits = int(bare[1:])
        return st.integers(0, (1 << bits) - 1) if bare[0] == "u" else st.integers(-(1 << bits - 1), (1 << bits - 1) - 1)
    simple: dict[str, st.SearchStrategy[Json]] = {
        "bool": st.booleans(),
        "f64": st.floats(allow_nan=False, allow_infinity=False),
        "string": TEXT,
        "bytes": TEXT | st.just({"base64": "L/8="}),
        "time": st.integers(-(10**17), 10**17),
        "duration": st.integers(-(10**17), 10**17),
    }
    return simple[bare]


@st.composite
def calls(draw: st.DrawFn) -> tuple[str, dict[str, Json]]:
    verb = draw(st.sampled_from(sorted(example_table.ENTRIES)))
    entry: Entry = example_table.ENTRIES[verb]
    args: dict[str, Json] = {}
    for field in (*implied(entry), *entry[5]):
        if field[0] == "where" and field in implied(entry):
            args["where"] = draw(st.lists(terms(entry), max_size=2).map(list[Json]))
        elif "required" in field[6].split() or draw(st.booleans()):
            args[field[0]] = draw(value(field[1]))
    return verb, args


def terms(entry: Entry) -> st.SearchStrategy[list[Json]]:
    def of(field: Field) -> st.SearchStrategy[list[Json]]:
        name = st.just(field[0])
        plain = st.tuples(name, OPERATORS, value(field[1]))
        matching = st.tuples(name, st.sampled_from(["contains", "glob"]), TEXT)
        return st.one_of(plain.map(list[Json]), matching.map(list[Json]))

    fields = EXAMPLE.fields(entry[6]).values()
    return st.sampled_from(
        [field for field in fields if field[1][0] not in "[m" and field[1].removesuffix("?") not in EXAMPLE.types]
    ).flatmap(of)


def without_nothing(args: dict[str, Json]) -> dict[str, Json]:
    """An empty `where` is the same call as none."""
    return {name: given for name, given in args.items() if not (name == "where" and given == [])}


@given(calls())
def test_what_is_shown_as_the_one_shot_parses_back_to_the_same_call(call: tuple[str, dict[str, Json]]) -> None:
    verb, args = call
    line = equivalent.line(EXAMPLE, verb, args)
    assert line.isprintable()
    [[_, noun, *rest]] = words.split(line)
    asked = parse(EXAMPLE, rest)
    assert (noun, asked.verb, asked.args) == ("things", verb, without_nothing(args))


@pytest.mark.parametrize(
    ("line", "verb", "args"),
    [
        ("status sshd", "status", {"name": "sshd"}),
        ("status --name sshd", "status", {"name": "sshd"}),
        ("status -- -x", "status", {"name": "-x"}),
        ("slow 1m30s", "slow", {"time_taken": 90_000_000}),
        ("label set door colour red", "label set", {"name": "door", "label": "colour", "value": "red"}),
        (
            "label set door --value=red colour --password x",
            "label set",
            {"name": "door", "label": "colour", "value": "red", "password": "x"},
        ),
        ("work door --steps 5", "work", {"name": "door", "steps": 5}),
        ("list --where state=x", "list", None),
        ("list --where active=failed --where 'memory > 1k'", "list", {"where": [["active", "=", "failed"], ["memory", ">", 1024]]}),
        (
            "list --where 'name contains ss h' --fields cpu,memory",
            "list",
            {"where": [["name", "contains", "ss h"]], "fields": ["cpu", "memory"]},
        ),
        ("list --where memory=-", "list", {"where": [["memory", "=", None]]}),
        ("metrics --since 5m", "metrics", {"since": 300_000_000}),
        ("pair list --host h", "pair list", {"host": "h"}),
    ],
)
def test_the_grammar(line: str, verb: str, args: dict[str, Json] | None) -> None:
    [found] = words.split(line)
    if args is None:
        with pytest.raises(SutraError, match="no field of Thing"):
            parse(EXAMPLE, found)
    else:
        asked = parse(EXAMPLE, found)
        assert (asked.verb, asked.args) == (verb, args)


@pytest.mark.parametrize(
    ("line", "message", "hint"),
    [
        ("", "what to do?", "one of: echo"),
        ("lsit", "no verb of things 'lsit'", "did you mean list?"),
        ("label sett a b c", "no verb of things 'label sett'", "did you mean label set?"),
        ("status", "needs NAME", "usage: avyctl things status NAME"),
        ("status a b", "'b' is one word too many", "usage:"),
        ("status a --nme b", "no option '--nme'", "did you mean --name?"),
        ("status --name a --name b", "--name was given twice", ""),
        ("work a --steps many", "steps: 'many' is not a whole number", ""),
        ("work a --steps 5000000000", "steps: 5000000000 is not between 0 and 4294967295", ""),
        ("work a --steps", "--steps needs a value", "How many steps."),
        ("slow 5", "time_taken: '5' is not a duration with its unit", ""),
        ("list --where active", "is not FIELD OP VALUE", "one of = !="),
        ("list --where active=broken", "where active: there is no Active 'broken'", "active, auto-restart, failed"),
        ("list --where token=x", "no field of Thing 'token'", ""),
        ("status 'a\x1b[2J' b\x1b", "'b\\x1b' is one word too many", ""),
        ("list -x", "no option '-x'", "there are: --fields, --where"),
    ],
)
def test_what_is_wrong_is_named_with_what_would_be_right(line: str, message: str, hint: str) -> None:
    with pytest.raises(SutraError) as caught:
        parse(EXAMPLE, [word for command in words.split(line) for word in command])
    assert caught.value.code == INVALID
    assert message in caught.value.message.replace("\\\\", "\\")
    assert hint in caught.value.hint


@pytest.mark.parametrize(
    ("word", "kind", "unit", "expected"),
    [
        ("yes", "bool", "", True),
        ("off", "bool?", "", False),
        ("-5", "i8", "", -5),
        ("10G", "u64", "B", 10 << 30),
        ("2.5", "f64", "", 2.5),
        ("a,b", "[]string", "", ["a", "b"]),
        ('["a,b"]', "[]string", "", ["a,b"]),
        ("a=1,b=2", "map[string]i64", "", {"a": 1, "b": 2}),
        ('{"name":"x"}', "Part", "", {"name": "x"}),
        ("/\udcff", "bytes", "", {"base64": "L/8="}),
        ("500ms", "duration", "", 500_000),
        ("-2h30m", "duration", "", -9_000_000_000),
        ("0", "duration", "", 0),
        ("@1.5", "time", "", 1_500_000),
        ("2026-11-20T09:00Z", "time", "", 1_795_165_200_000_000),
        ("2026-11-20 10:00:00.25+01:00", "time", "", 1_795_165_200_250_000),
        ("2024-02-29T00:00Z", "time", "", 1_709_164_800_000_000),
    ],
)
def test_typed_values(word: str, kind: str, unit: str, expected: Json) -> None:
    assert values.parse(word, kind, EXAMPLE.enums, unit) == expected


@pytest.mark.parametrize(
    ("word", "kind"),
    [
        ("maybe", "bool"),
        ("128", "i8"),
        ("1_0", "u8"),
        ("٣", "u8"),
        ("9" * 30, "u64"),
        ("nan", "f64"),
        ("inf", "f64"),
        ("\udcff", "string"),
        ("1x", "duration"),
        ("m", "duration"),
        ("--5m", "duration"),
        ("2026-02-29", "time"),
        ("2026-13-01", "time"),
        ("2026-11-20T25:00", "time"),
        ("@", "time"),
        ("yesterday", "time"),
        ("x", "Part"),
        ("{", "Part"),
        ("a", "map[string]i64"),
    ],
)
def test_values_that_do_not_fit_are_invalid(word: str, kind: str) -> None:
    with pytest.raises(SutraError) as caught:
        values.parse(word, kind, EXAMPLE.enums)
    assert caught.value.code == INVALID


def test_local_times_follow_the_time_zone() -> None:
    assert abs(values.moment("2026-11-20T10:00") - values.moment("2026-11-20T10:00Z")) <= 14 * 3_600_000_000
    assert values.moment("2026-11-20") == values.moment("2026-11-20T00:00:00")


def test_a_served_schema_makes_the_same_tables_as_the_generator() -> None:
    live = introspected.schema(short(example_table.SCHEMA).encode())
    assert (live.id, live.noun, live.doc) == (EXAMPLE.id, EXAMPLE.noun, EXAMPLE.doc)
    assert live.entries == EXAMPLE.entries
    assert live.types == EXAMPLE.types
    assert live.enums == EXAMPLE.enums


@pytest.mark.parametrize("answer", ["1", '"x"', '"[]"', '"{\\"methods\\":[{\\"name\\":\\"x\\",\\"id\\":70000}]}"'])
def test_what_is_no_schema_is_refused(answer: str) -> None:
    with pytest.raises(SutraError, match="the service's schema"):
        introspected.schema(answer.encode())


def test_every_noun_has_its_table() -> None:
    assert schema.nouns()
    for noun in schema.nouns():
        assert schema.load(noun).noun == noun
    with pytest.raises(SutraError, match="no noun 'systme'"):
        schema.load("systme")
