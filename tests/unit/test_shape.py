"""A service's answers are checked against the schema, and told apart from what fits it."""

import pytest

from gen import example_table
from sutra_client import shape
from sutra_client.errors import INVALID, UNAVAILABLE, SutraError
from sutra_client.json_text import Json
from sutra_client.schema import Schema

EXAMPLE = Schema(
    "",
    (example_table.ID, example_table.NOUN, example_table.DOC, ""),
    example_table.ENTRIES,
    example_table.TYPES,
    example_table.ENUMS,
)
PAIR: dict[str, Json] = {"host": "a", "port": 1, "state": "up"}


@pytest.mark.parametrize(
    ("kind", "value", "wrong"),
    [
        ("Pair", PAIR, ""),
        ("Pair", {**PAIR, "new": [1]}, ""),
        ("Pair?", None, ""),
        ("[]Pair", [PAIR, PAIR], ""),
        ("Unheard", [1], ""),
        ("f64", 1, ""),
        ("map[string]u8", {"a": 1}, ""),
        ("Pair", None, "it is not an object"),
        ("Pair", [], "it is not an object"),
        ("[]Pair", None, "it is not a list"),
        ("[]Pair", {}, "it is not a list"),
        ("[]Pair", [PAIR, 1], "it is not an object"),
        ("Pair", {"host": "a", "port": 1}, "field state is missing"),
        ("Pair", {**PAIR, "port": "1"}, "field port is not a whole number"),
        ("Pair", {**PAIR, "port": True}, "field port is not a whole number"),
        ("Pair", {**PAIR, "host": None}, "field host is not a text"),
        ("[]string", ["a", 1], "it is not a list, each of it a text"),
        ("map[string]u8", {"a": "1"}, "field .a is not a whole number"),
    ],
)
def test_the_shape_of_an_answer(kind: str, value: Json, wrong: str) -> None:
    assert shape.fault(EXAMPLE, kind, value, "") == wrong
    if wrong:
        with pytest.raises(SutraError, match="does not fit the schema") as caught:
            shape.check(EXAMPLE, kind, value, "the answer")
        assert caught.value.code == UNAVAILABLE


@pytest.mark.parametrize("rows", [None, {}, "x", [None], [[]]])
def test_rows_of_an_event_that_are_none(rows: Json) -> None:
    with pytest.raises(SutraError, match="does not fit the schema"):
        shape.rows(EXAMPLE, "Pair", {"rows": rows})


@pytest.mark.parametrize(
    ("kind", "value"), [("u8", 256), ("i8", -129), ("duration", 1 << 63), ("time", -(1 << 63) - 1), ("f64", float("inf"))]
)
def test_arguments_out_of_range_are_invalid(kind: str, value: Json) -> None:
    field = ("size", kind, "How much.", "", None, "", "required")
    with pytest.raises(SutraError, match="argument size is not") as caught:
        shape.arguments(EXAMPLE, "resize", [field], {"size": value})
    assert caught.value.code == INVALID
