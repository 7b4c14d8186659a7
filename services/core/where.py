"""The `where` of a table stream: [field, op, value] terms, checked against the row type and turned into one predicate."""

import operator
import re
from collections.abc import Callable
from fnmatch import translate
from typing import Any

import msgspec

from sutra_client import errors
from sutra_client.errors import SutraError
from sutra_client.events import Scalar, Where

MOST_TERMS = 64
MOST_TEXT = 4096
MOST_PATTERN = 256
"""Characters of a glob: translating one takes time that grows with the square of its length."""

Predicate = Callable[[object], bool]
Compare = Callable[[object, Scalar], bool]


def _ordered(compare: Callable[[Any, Any], bool]) -> Compare:
    def ordered(value: object, wanted: Scalar) -> bool:
        number = isinstance(value, int | float) and isinstance(wanted, int | float)
        return (number or (isinstance(value, str) and isinstance(wanted, str))) and compare(value, wanted)

    return ordered


def _contains(value: object, wanted: Scalar) -> bool:
    if isinstance(value, str):
        return isinstance(wanted, str) and wanted in value
    return isinstance(value, list | dict) and wanted in value


OPERATORS: dict[str, Compare] = {
    "=": operator.eq,
    "!=": operator.ne,
    "<": _ordered(operator.lt),
    "<=": _ordered(operator.le),
    ">": _ordered(operator.gt),
    ">=": _ordered(operator.ge),
    "contains": _contains,
}


def predicate(where: Where, row: type[msgspec.Struct]) -> Predicate | None:
    """None when every row passes; raises SutraError INVALID for a field or operator that is not there."""
    if len(where) > MOST_TERMS:
        raise SutraError(errors.INVALID, f"where: {len(where)} terms, at most {MOST_TERMS} are allowed")
    terms = [_term(field, op, value, row) for field, op, value in where]
    if not terms:
        return None
    return lambda candidate: all(term(candidate) for term in terms)


def _term(field: str, op: str, value: Scalar, row: type[msgspec.Struct]) -> Predicate:
    check_field(field, row)
    if isinstance(value, str) and len(value) > MOST_TEXT:
        raise SutraError(errors.INVALID, f"where: a text of {len(value)} characters, at most {MOST_TEXT} are allowed")
    if op == "glob":
        return _glob(operator.attrgetter(field), value)
    if op not in OPERATORS:
        raise SutraError(errors.INVALID, f"where: unknown operator {op!r}", f"one of {' '.join(OPERATORS)} glob")
    get, compare = operator.attrgetter(field), OPERATORS[op]
    return lambda candidate: compare(get(candidate), value)


def _glob(get: Callable[[object], object], pattern: Scalar) -> Predicate:
    if not isinstance(pattern, str):
        return lambda candidate: False
    if len(pattern) > MOST_PATTERN:
        raise SutraError(errors.INVALID, f"where: a pattern of {len(pattern)} characters, at most {MOST_PATTERN} are allowed")
    matches = re.compile(translate(pattern)).match
    return lambda candidate: isinstance(value := get(candidate), str) and matches(value) is not None


def check_field(field: str, row: type[msgspec.Struct]) -> None:
    """Raises SutraError INVALID when the row has no such field."""
    if field not in row.__struct_fields__:
        raise SutraError(errors.INVALID, f"{row.__name__} has no field {field!r}", f"its fields: {' '.join(row.__struct_fields__)}")
