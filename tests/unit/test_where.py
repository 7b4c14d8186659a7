"""The `where` terms of table streams."""

import msgspec
import pytest

from services.core.where import predicate
from sutra_client.errors import SutraError
from sutra_client.events import Scalar


class Row(msgspec.Struct, frozen=True):
    name: str
    size: int
    memory: int | None = None
    tags: list[str] = []
    on: bool = False


ROW = Row("sshd.service", 5, None, ["a", "b"], True)


@pytest.mark.parametrize(
    ("field", "op", "value", "passes"),
    [
        ("name", "=", "sshd.service", True),
        ("name", "=", "x", False),
        ("name", "!=", "x", True),
        ("size", "<", 6, True),
        ("size", "<", 5, False),
        ("size", "<=", 5, True),
        ("size", ">", 4.5, True),
        ("size", ">=", 6, False),
        ("name", "<", "t", True),
        ("name", "<", 3, False),
        ("memory", "=", None, True),
        ("memory", "!=", None, False),
        ("memory", "<", 10, False),
        ("memory", ">", 10, False),
        ("name", "contains", "shd", True),
        ("name", "contains", "SHD", False),
        ("tags", "contains", "b", True),
        ("tags", "contains", "c", False),
        ("size", "contains", "5", False),
        ("name", "glob", "ssh*.service", True),
        ("name", "glob", "*.timer", False),
        ("size", "glob", "*", False),
        ("on", "=", True, True),
    ],
)
def test_a_term_passes_the_rows_it_describes(field: str, op: str, value: Scalar, passes: bool) -> None:
    wanted = predicate([(field, op, value)], Row)
    assert wanted is not None
    assert wanted(ROW) is passes


def test_all_terms_must_hold() -> None:
    wanted = predicate([("size", ">", 1), ("name", "contains", "sshd"), ("on", "=", False)], Row)
    assert wanted is not None
    assert not wanted(ROW)


def test_no_terms_pass_everything() -> None:
    assert predicate([], Row) is None


@pytest.mark.parametrize(
    ("where", "message", "hint"),
    [
        ([("nome", "=", 1)], "Row has no field 'nome'", "name size memory tags on"),
        ([("__class__", "=", 1)], "Row has no field '__class__'", "name"),
        ([("name", "~", "x")], "unknown operator '~'", "contains glob"),
        ([("name", "=", "x")] * 65, "65 terms, at most 64", ""),
    ],
)
def test_what_does_not_fit_the_row_is_refused_with_what_would(where: list[tuple[str, str, Scalar]], message: str, hint: str) -> None:
    with pytest.raises(SutraError) as caught:
        predicate(where, Row)
    assert caught.value.code == "INVALID"
    assert message in caught.value.message
    assert hint in caught.value.hint
