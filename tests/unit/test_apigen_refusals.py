"""A schema that breaks a rule is refused with the file, the place in it, and the reason."""

from pathlib import Path

import pytest

from lamps import ABSENT, GOOD, LAMP_FIELDS, changed, write
from tools.apigen.__main__ import CORE
from tools.apigen.load import load, load_folder
from tools.apigen.problem import SchemaError

REFUSALS: list[tuple[str, object, str]] = [
    # shape
    ("doc", ABSENT, "'doc' is missing"),
    ("colour", "red", "colour: unknown key; a schema has doc, enums, id, methods, noun, streams, types"),
    ("types.Lamp.color", 1, "types.Lamp.color: unknown key; a type has doc, fields"),
    ("types.Lamp.fields.0.complete", "Lamp.name", "types.Lamp.fields[0].complete: unknown key; a field has"),
    ("methods.0.in.0.wide", True, "methods[0].in[0].wide: unknown key; an argument has"),
    ("methods.0.role", ABSENT, "methods[0]: 'role' is missing"),
    ("methods.0.doc", ABSENT, "methods[0]: 'doc' is missing"),
    ("methods.0.in.0.doc", ABSENT, "methods[0].in[0]: 'doc' is missing"),
    ("types.Lamp.fields.1.doc", ABSENT, "types.Lamp.fields[1]: 'doc' is missing"),
    ("enums.State.doc", ABSENT, "enums.State: 'doc' is missing"),
    ("methods.0.id", True, "methods[0].id: must be an integer, is true or false"),
    ("methods.0.id", 1.5, "methods[0].id: must be an integer, is a number"),
    ("methods", {}, "methods: must be an array, is an object"),
    ("methods.0", "get", "methods[0]: must be an object, is a string"),
    ("streams.0.key.0", 5, "streams[0].key[0]: must be a string, is an integer"),
    ("noun", None, "noun: must be a string, is null"),
    # names
    ("id", "Lamps", "id: 'Lamps' is not a dotted lower-case name"),
    ("id", "dev.avyctl.lights", "id: 'dev.avyctl.lights' does not end in 'lamps', the name of its folder"),
    ("noun", "doctor", "noun: 'doctor' is a command of avyctl itself"),
    ("noun", "install-services", "noun: 'install-services' is a command of avyctl itself"),
    ("noun", "two words", "noun: a noun is one word"),
    ("noun", ABSENT, "noun: '' is not a lower-case word"),
    ("methods.0.name", "list", "methods[0].name: 'list' is a builtin that annotations or classes use"),
    ("methods.0.name", "type", "methods[0].name: 'type' is a builtin"),
    ("methods.0.name", "property", "methods[0].name: 'property' is a builtin"),
    ("methods.0.name", "match", "methods[0].name: 'match' is a word of Python"),
    ("methods.0.name", "import", "methods[0].name: 'import' is a word of Python"),
    ("streams.0.name", "events", "streams[0].name: 'events' is a module that the generated code uses"),
    ("methods.0.name", "Get", "methods[0].name: 'Get' is not snake_case"),
    ("methods.0.name", "get_1", "methods[0].name: 'get_1' is not snake_case, each part beginning with a letter"),
    ("methods.0.name", "g" * 41, "has more than 40 characters"),
    ("methods.0.verb", "Get It", "methods[0].verb: 'Get It' is not lower-case words"),
    ("types.Lamp.fields.2.name", "str", "types.Lamp.fields[2].name: 'str' is a builtin that annotations use"),
    ("types.Lamp.fields.2.name", "class", "types.Lamp.fields[2].name: 'class' is a word of Python"),
    ("types.Lamp.fields.2.name", "core", "types.Lamp.fields[2].name: 'core' is a module"),
    ("types.Lamp.fields.2.name", "__uid", "types.Lamp.fields[2].name: '__uid' is not snake_case"),
    ("methods.0.in.0.name", "self", "methods[0].in[0].name: 'self' is a word of Python"),
    ("types.lamp", {"doc": "One.", "fields": LAMP_FIELDS}, "types.lamp: 'lamp' is not CamelCase"),
    ("types.Lamps", {"doc": "One.", "fields": LAMP_FIELDS}, "types.Lamps: 'Lamps' is what the generated module calls the service"),
    ("types.Protocol", {"doc": "One.", "fields": LAMP_FIELDS}, "types.Protocol: 'Protocol' is a name that the generated module uses"),
    ("types.Finding", {"doc": "One.", "fields": LAMP_FIELDS}, "types.Finding: 'Finding' is a name of core"),
    ("types.State", {"doc": "One.", "fields": LAMP_FIELDS}, "types.State: 'State' is an enum already"),
    ("enums.State.values.1", "2nd", "enums.State.values[1]: '2nd' is not words that begin with a letter"),
    ("enums.State.values.1", "ON", "enums.State.values[1]: 'ON' and 'on' would both be ON"),
    ("enums.State.values", [], "enums.State.values: an enum has at least one value"),
    ("types.Lamp.fields", [], "types.Lamp.fields: a type has at least one field"),
    # docs
    ("doc", "", "doc: is empty"),
    ("types.Lamp.doc", "One\nlamp.", "types.Lamp.doc: has a line break or another character that cannot be printed"),
    ("methods.0.doc", " One.", "methods[0].doc: has spaces around it"),
    # duplicates
    ("types.Lamp.fields.1.name", "name", "types.Lamp.fields[1].name: 'name' appears twice"),
    ("streams.0.id", 1, "streams[0].id: 1 is that of methods[0] already; methods and streams share them"),
    ("streams.0.name", "get", "streams[0].name: 'get' is that of methods[0] already"),
    ("streams.0.verb", "get", "streams[0].verb: 'get' is that of methods[0] already"),
    # opcodes
    ("methods.0.id", 0, "methods[0].id: 0 is not from 1 to 65279"),
    ("methods.0.id", 65280, "methods[0].id: 65280 is not from 1 to 65279"),
    # types
    ("types.Lamp.fields.2.type", "u32??", "types.Lamp.fields[2].type: 'u32??' is not a type"),
    ("types.Lamp.fields.2.type", "[]u32?x", "types.Lamp.fields[2].type: '[]u32?x' is not a type"),
    ("types.Lamp.fields.2.type", "map[u8]u8", "types.Lamp.fields[2].type: 'map[u8]u8' is not a type"),
    ("types.Lamp.fields.2.type", "int", "types.Lamp.fields[2].type: 'int' is neither a scalar nor an enum or type"),
    ("methods.0.in.0.type", "Bulb", "methods[0].in[0].type: 'Bulb' is neither"),
    ("methods.0.out", "Bulb", "methods[0].out: 'Bulb' is neither"),
    ("streams.0.row", "Bulb", "streams[0].row: 'Bulb' is neither"),
    ("streams.0.row", "[]Lamp", "streams[0].row: '[]Lamp' is not a type with fields"),
    ("streams.0.row", "State", "streams[0].row: 'State' is not a type with fields"),
    ("types.Lamp.fields.1.type", "Lamp", "types.Lamp: holds itself; only through []T, map[string]T or T? can it"),
    # keys
    ("streams.0.key", ABSENT, "streams[0]: 'key' is missing: a table's rows are told apart by it"),
    ("streams.0.key", ["nom"], "streams[0].key[0]: Lamp has no field 'nom'"),
    ("streams.0.key", ["name", "name"], "streams[0].key[1]: 'name' appears twice"),
    ("streams.0.key", ["state"], "streams[0].key[0]: 'state' is a State; a key is a string, an integer or a time, never absent"),
    ("streams.0.key", ["power"], "streams[0].key[0]: 'power' is a f64?; a key is"),
    ("streams.1.key", ["name"], "streams[1].key: only a table has a key"),
    # what fields say
    ("types.Lamp.fields.3.unit", "kW", "types.Lamp.fields[3].unit: 'kW' is none of B, B/s, %, s, Hz, degC, rpm, V, W"),
    ("types.Lamp.fields.0.unit", "W", "types.Lamp.fields[0].unit: a string has no unit"),
    ("types.Lamp.fields.3.sees", "mine", "types.Lamp.fields[3].sees: 'mine' is none of all, own, group:<name>"),
    ("types.Lamp.fields.0.sees", "own", "types.Lamp.fields[0].sees: who may not see it gets null, so the type must be 'string?'"),
    ("methods.1.sees", "own", "methods[1].sees: 'own' is decided by the answer, and then the change is made already"),
    ("methods.0.in.0.complete", "name", "methods[0].in[0].complete: 'name' is not Type.field of this schema"),
    ("methods.0.in.0.complete", "Lamp.nom", "methods[0].in[0].complete: 'Lamp.nom' is not Type.field of this schema"),
    ("methods.0.in.0.complete", "Finding.id", "methods[0].in[0].complete: no table stream has rows of type Finding"),
    # defaults and order
    ("types.Lamp.fields.3.default", 1, "types.Lamp.fields[3].default: 'f64?' is null by default; an optional has no other default"),
    ("types.Lamp.fields.2.default", -1, "types.Lamp.fields[2].default: -1 is not an integer from 0 to 4294967295"),
    ("types.Lamp.fields.2.default", True, "types.Lamp.fields[2].default: True is not an integer"),
    ("types.Lamp.fields.1.default", "dim", "types.Lamp.fields[1].default: 'dim' is not a value of State"),
    ("methods.0.in.0.default", 5, "methods[0].in[0].default: 5 is not a string"),
    ("methods.0.in.0.default", "a\nb", "methods[0].in[0].default: has more than 40 characters, or one that cannot be printed"),
    ("methods.0.in.0.default", "a" * 41, "methods[0].in[0].default: has more than 40 characters"),
    ("methods.0.in.0", {"name": "raw", "type": "bytes", "doc": "B.", "default": "é"}, "methods[0].in[0].default: is not ASCII"),
    ("methods.0.in.0", {"name": "all", "type": "Lamp", "doc": "A.", "default": {}}, "in[0].default: a value of 'Lamp' cannot be a default"),
    ("types.Lamp.fields.0.default", "lamp", "types.Lamp.fields[1]: 'state' is required and follows 'name', which is not"),
    # methods and streams
    ("methods.0.role", "root", "methods[0].role: 'root' is none of reader, operator, admin"),
    ("methods.1.risk", ABSENT, "methods[1]: 'risk' is missing: a method that changes something says what it risks"),
    ("methods.1.risk", "none", "methods[1].risk: 'none' is none of safe, disruptive, destructive"),
    ("methods.0.risk", "safe", "methods[0].risk: a method without 'changes' risks nothing"),
    ("methods.0.frees", True, "methods[0].frees: a method without 'changes' frees nothing"),
    ("streams.1.kind", "upload", "streams[1].kind: 'upload' is none of table, samples, log, operation"),
    ("streams.1.kind", "operation", "streams[1]: 'result' is missing: an operation ends with one"),
    ("streams.1.result", "Lamp", "streams[1].result: only an operation has a result"),
    ("streams.1.in", [{"name": "since", "type": "time", "doc": "When."}], "streams[1].in[0].name: every such stream has 'since' already"),
    ("methods.1.in", [{"name": "all", "type": "[]string", "doc": "Which.", "default": []}], "methods[1].in[0].default: an argument that"),
]


def reasons(file: Path) -> list[str]:
    with pytest.raises(SchemaError) as caught:
        load(file, load(CORE, None))
    prefix = f"{file}: "
    assert all(line.startswith(prefix) for line in str(caught.value).splitlines())
    return [line.removeprefix(prefix) for line in str(caught.value).splitlines()]


def test_the_schema_that_the_refusals_start_from_is_accepted(tmp_path: Path) -> None:
    assert load(write(tmp_path, GOOD), load(CORE, None)).noun == "lamps"


@pytest.mark.parametrize(("path", "value", "expected"), REFUSALS, ids=[f"{path}={expected[:40]}" for path, _, expected in REFUSALS])
def test_a_broken_rule_is_named_with_its_place(tmp_path: Path, path: str, value: object, expected: str) -> None:
    found = reasons(write(tmp_path, changed((path, value))))
    assert any(reason.startswith(expected) or expected in reason for reason in found), found


def test_all_problems_are_reported_at_once(tmp_path: Path) -> None:
    found = reasons(write(tmp_path, changed(("methods.0.role", "root"), ("methods.1.id", 0), ("noun", "help"))))
    assert [reason.split(":")[0] for reason in found] == ["noun", "methods[0].role", "methods[1].id"]


def test_problems_of_several_files_are_reported_together(tmp_path: Path) -> None:
    write(tmp_path, changed(("noun", "help")))
    write(tmp_path, changed(("id", "dev.avyctl.bulbs"), ("methods.0.role", "root")), "bulbs")
    with pytest.raises(SchemaError) as caught:
        load_folder(tmp_path, load(CORE, None))
    assert [Path(problem.file).parent.name for problem in caught.value.problems] == ["bulbs", "lamps"]


def test_two_services_cannot_share_a_noun(tmp_path: Path) -> None:
    write(tmp_path, GOOD)
    write(tmp_path, changed(("id", "dev.avyctl.bulbs")), "bulbs")
    with pytest.raises(SchemaError, match=r"lamps/api.json: noun: 'lamps' is the noun of .*bulbs/api.json"):
        load_folder(tmp_path, load(CORE, None))


def test_a_type_may_hold_itself_in_a_list_or_an_optional(tmp_path: Path) -> None:
    inner = [{"name": "below", "type": "[]Lamp?", "doc": "Below."}, {"name": "next", "type": "Lamp?", "doc": "Next."}]
    load(write(tmp_path, changed(("types.Lamp.fields", LAMP_FIELDS + inner))), load(CORE, None))


def test_a_circle_through_two_types_is_refused(tmp_path: Path) -> None:
    socket = {"doc": "A socket.", "fields": [{"name": "lamp", "type": "Lamp", "doc": "In it."}]}
    found = reasons(write(tmp_path, changed(("types.Socket", socket), ("types.Lamp.fields.1.type", "Socket"))))
    assert {reason.split(":")[0] for reason in found} == {"types.Lamp", "types.Socket"}


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ('{"id": "a", "id": "b"}', "the key 'id' appears twice in one object"),
        ("{", "line 1 column 2: is not JSON"),
        ("[]", "must hold one object"),
        ("\udcff", "cannot be read: 'utf-8' codec"),
    ],
)
def test_a_file_that_is_no_object_is_refused(tmp_path: Path, text: str, expected: str) -> None:
    file = write(tmp_path, {})
    file.write_bytes(text.encode("utf-8", "surrogateescape"))
    assert any(expected in reason for reason in reasons(file))


@pytest.mark.parametrize("folder", ["index", "lamps_table", "class", "runtime"])
def test_a_folder_whose_module_would_collide_is_refused(tmp_path: Path, folder: str) -> None:
    found = reasons(write(tmp_path, changed(("id", f"dev.avyctl.{folder}")), folder))
    assert found[0].startswith("folder: ")
