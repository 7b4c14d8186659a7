"""A released schema only ever grows, so that yesterday's peers are understood."""

from pathlib import Path

import pytest

from lamps import ABSENT, GOOD, LAMP_FIELDS, changed, write
from tools.apigen import grow
from tools.apigen.__main__ import CORE, main
from tools.apigen.load import load_folder

NEW_OPTIONAL = {"name": "room", "type": "string?", "doc": "Where it is."}
NEW_DEFAULT = {"name": "room", "type": "string", "doc": "Where it is.", "default": "hall"}
NEW_REQUIRED = {"name": "room", "type": "string", "doc": "Where it is."}
WITHOUT_POWER = LAMP_FIELDS[:3]

GROWTH: list[tuple[str, object]] = [
    ("types.Lamp.fields", [*LAMP_FIELDS, NEW_OPTIONAL]),
    ("types.Lamp.fields", [*LAMP_FIELDS, NEW_DEFAULT]),
    ("types.Room", {"doc": "A room.", "fields": [NEW_REQUIRED]}),
    ("enums.State.values", ["on", "off", "dimmed"]),
    ("enums.Colour", {"doc": "A colour.", "values": ["red"]}),
    ("methods.0.in", [GOOD["methods"][0]["in"][0], NEW_OPTIONAL]),
    ("methods.1.in", [NEW_OPTIONAL]),
    ("methods", [{"id": 3, "name": "count", "doc": "How many.", "out": "u32", "role": "reader"}, *GOOD["methods"]]),
    ("streams", list(reversed(GOOD["streams"]))),
    ("methods.0.role", "operator"),
    ("methods.0.doc", "Said better."),
    ("streams.0.verb", "watch"),
]

SHRINKING: list[tuple[str, object, str]] = [
    ("noun", "lights", "noun: was released as 'lamps' and is now 'lights'"),
    ("types.Lamp.fields", [*LAMP_FIELDS[:3], NEW_OPTIONAL, LAMP_FIELDS[3]], "types.Lamp.fields[3].name: 'power' was released here"),
    ("types.Lamp.fields", WITHOUT_POWER, "types.Lamp.fields: 'power' was released and is gone"),
    ("types.Lamp.fields.3.name", "watts", "types.Lamp.fields: 'power' was released and is gone"),
    ("types.Lamp.fields.2.type", "u64", "types.Lamp.fields[2].type: was released as 'u32' and is now 'u64'"),
    ("types.Lamp.fields.3.unit", "V", "types.Lamp.fields[3].unit: was released as 'W' and is now 'V'"),
    ("types.Lamp.fields.3.unit", ABSENT, "types.Lamp.fields[3].unit: was released as 'W' and is now none"),
    ("enums.State.values", ["off", "on"], "enums.State.values: no longer begins with the released values on, off"),
    ("enums.State.values", ["on"], "enums.State.values: no longer begins with the released values on, off"),
    ("methods.0.id", 9, "methods[0].id: was released as '1' and is now '9'"),
    ("methods.0.name", "show", "methods: 'get' was released and is gone"),
    ("methods.0.out", "Lamp?", "methods[0].out: was released as 'Lamp' and is now 'Lamp?'"),
    ("methods.0.in", [*GOOD["methods"][0]["in"], NEW_REQUIRED], "methods[0].in[1]: 'room' is new and must be optional"),
    ("methods.0.in", [], "methods[0].in: 'name' was released and is gone"),
    ("methods", GOOD["methods"][:1], "methods: 'switch' was released and is gone"),
    ("streams", GOOD["streams"][:1], "streams: 'draw' was released and is gone"),
    ("streams.0.id", 102, "streams[0].id: was released as '100' and is now '102'"),
    ("streams.0.key", ["uid"], "streams[0].key: was released as 'name' and is now 'uid'"),
    ("streams.1.kind", "log", "streams[1].kind: was released as 'samples' and is now 'log'"),
    ("streams.1.row", "Finding", "streams[1].row: was released as 'Lamp' and is now 'Finding'"),
]


def check(folder: Path) -> list[str]:
    core = next(schema for schema in load_folder(CORE.parents[1], None) if schema.name == "core")
    return [f"{problem.path}: {problem.reason}" for problem in grow.check(load_folder(folder, core))]


def release(folder: Path) -> None:
    write(folder, GOOD)
    assert main(["release", "--api", str(folder)]) == 0


@pytest.mark.parametrize(("path", "value"), GROWTH, ids=[path for path, _ in GROWTH])
def test_growth_is_accepted(tmp_path: Path, path: str, value: object) -> None:
    release(tmp_path)
    write(tmp_path, changed((path, value)))
    assert check(tmp_path) == []


@pytest.mark.parametrize(("path", "value", "expected"), SHRINKING, ids=[expected[:50] for _, _, expected in SHRINKING])
def test_what_released_peers_would_not_understand_is_refused(tmp_path: Path, path: str, value: object, expected: str) -> None:
    release(tmp_path)
    write(tmp_path, changed((path, value)))
    assert [reason for reason in check(tmp_path) if reason.startswith(expected)], check(tmp_path)


def test_a_type_that_was_released_stays(tmp_path: Path) -> None:
    write(tmp_path, changed(("types.Room", {"doc": "A room.", "fields": [NEW_REQUIRED]})))
    assert main(["release", "--api", str(tmp_path)]) == 0
    write(tmp_path, GOOD)
    assert check(tmp_path) == ["types.Room: was released and is gone"]


def test_an_enum_that_was_released_stays(tmp_path: Path) -> None:
    write(tmp_path, changed(("enums.Colour", {"doc": "A colour.", "values": ["red"]})))
    assert main(["release", "--api", str(tmp_path)]) == 0
    write(tmp_path, GOOD)
    assert check(tmp_path) == ["enums.Colour: was released and is gone"]


def test_a_default_that_was_released_stays_what_it_is(tmp_path: Path) -> None:
    write(tmp_path, changed(("types.Lamp.fields", [*LAMP_FIELDS, NEW_DEFAULT])))
    assert main(["release", "--api", str(tmp_path)]) == 0
    write(tmp_path, changed(("types.Lamp.fields", [*LAMP_FIELDS, NEW_DEFAULT | {"default": "attic"}])))
    assert check(tmp_path) == ["types.Lamp.fields[4].default: was released as 'hall' and is now 'attic'"]


def test_a_schema_that_was_never_released_may_change(tmp_path: Path) -> None:
    write(tmp_path, GOOD)
    assert check(tmp_path) == []


def test_a_release_that_would_shrink_a_schema_is_not_written(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    release(tmp_path)
    before = (tmp_path / "lamps/released.json").read_bytes()
    write(tmp_path, changed(("methods.0.id", 9)))
    assert main(["release", "--api", str(tmp_path)]) == 1
    assert "lamps/api.json: methods[0].id: was released as '1' and is now '9'" in capsys.readouterr().err
    assert (tmp_path / "lamps/released.json").read_bytes() == before
