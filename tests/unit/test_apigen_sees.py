"""A schema can promise to hide only what the server can hide, and the binding tells the server what that is."""

from pathlib import Path
from typing import Any

import pytest

from lamps import GOOD, LAMP_FIELDS, Change, changed, write
from tools.apigen.__main__ import CORE, main
from tools.apigen.load import load, load_folder
from tools.apigen.problem import SchemaError

UID, POWER = LAMP_FIELDS[2], LAMP_FIELDS[3]
BULB = {"doc": "Its bulb.", "fields": [{"name": "maker", "type": "string?", "sees": "own", "doc": "Who made it."}]}
HELD = {"name": "bulbs", "type": "[]Bulb?", "doc": "What is in it."}
WHOSE = "'own' needs a row with a field 'uid' of type u32 that says whose it is"


def reasons(tmp_path: Path, *changes: Change) -> list[str]:
    write(tmp_path, changed(*changes))
    try:
        load_folder(tmp_path, load(CORE, None))
    except SchemaError as error:
        return [f"{problem.path}: {problem.reason}" for problem in error.problems]
    return []


@pytest.mark.parametrize(
    ("changes", "expected"),
    [
        ([("types.Lamp.fields.3.sees", "own")], []),
        ([("types.Lamp.fields.3.sees", "group:adm")], []),
        ([("streams.0.sees", "own")], []),
        ([("methods.0.sees", "own")], []),
        ([("methods.0.sees", "own"), ("methods.0.out", "[]Lamp")], []),
        (
            [("types.Lamp.fields.3", POWER | {"sees": "own"}), ("types.Lamp.fields.2.name", "owner")],
            [f"types.Lamp.fields[3].sees: {WHOSE}"],
        ),
        ([("types.Lamp.fields.2.type", "string"), ("streams.0.sees", "own")], [f"streams[0].sees: {WHOSE}"]),
        ([("methods.0.out", "string"), ("methods.0.sees", "own")], [f"methods[0].sees: {WHOSE}"]),
        ([("types.Bulb", BULB), ("types.Lamp.fields", [*LAMP_FIELDS, HELD])], []),
        ([("types.Bulb", BULB)], [f"types.Bulb.fields[0].sees: {WHOSE}"]),
        (
            [("types.Bulb", BULB), ("types.Lamp.fields", [*LAMP_FIELDS, HELD]), ("methods.0.out", "Bulb")],
            [f"types.Bulb.fields[0].sees: {WHOSE}"],
        ),
        (
            [("streams.1", GOOD["streams"][1] | {"kind": "operation", "result": "Lamp", "sees": "own"})],
            ["streams[1].sees: 'own' does not go with an operation, whose events are those of whoever started it"],
        ),
    ],
)
def test_own_is_accepted_only_where_it_can_be_told_whose_a_value_is(tmp_path: Path, changes: list[Any], expected: list[str]) -> None:
    assert reasons(tmp_path, *changes) == expected


def test_the_binding_says_which_fields_and_members_are_not_for_everyone(tmp_path: Path) -> None:
    write(tmp_path, changed(("types.Lamp.fields.3.sees", "own"), ("methods.0.sees", "group:adm")))
    out = tmp_path / "gen"
    assert main(["--api", str(tmp_path), "--out", str(out), "--package", "gen"]) == 0
    text = (out / "lamps.py").read_text()
    assert '    sees={Lamp: {"power": "own"}},\n' in text
    assert 'sees="group:adm"' in text
