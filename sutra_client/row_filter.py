"""The filter that is typed over a list: `ssh !user state:failed memory>=100M "two words"`, all of which a row must meet.

A word is looked for in what the row shows, case-insensitively; `!` before it turns it round. `field:text` looks in one column only, by its
name or title; `field=value` and `field!=value` compare whole, `<`, `<=`, `>` and `>=` as numbers, with the units that the column shows.
Words whose beginning names no column are plain text, such as `12:30` or `fe80::1`; so is a word that begins with a quote.
"""

import operator
from collections.abc import Callable, Iterable, Sequence
from typing import NamedTuple, Protocol

from sutra_client import values
from sutra_client.errors import INVALID, SutraError
from sutra_client.text import NIL, display

_CELL = "\n"
"""Between the cells of a haystack, where no shown text has it."""
_ALIAS = "\t"
"""Between what a cell shows and the word behind it."""
_OPERATORS = ("!=", "<=", ">=", ":", "=", "<", ">")
_ORDERS: dict[str, Callable[[float, float], bool]] = {"<": operator.lt, "<=": operator.le, ">": operator.gt, ">=": operator.ge}
_PREFIXES = {"k": 1, "m": 2, "g": 3, "t": 4, "p": 5, "e": 6}
_SIGNS = ("rpm", "°c", "hz", "/s", "%", "c", "v", "w", "b")


class Searched(Protocol):
    """A column that a filter can look into: `kind` and `unit` are those of its schema field, "" where there is none."""

    @property
    def name(self) -> str: ...
    @property
    def title(self) -> str: ...
    @property
    def format(self) -> Callable[[object], str]: ...
    @property
    def kind(self) -> str: ...
    @property
    def unit(self) -> str: ...


class Word(NamedTuple):
    """One word as typed, without its quotes; `plain` words are never taken apart."""

    text: str
    excludes: bool
    plain: bool


Test = Callable[[str, object], bool]
"""Whether a row passes, from its haystack and itself."""


class RowFilter:
    """Called with a row (a Struct or a dict). Whoever asks often keeps the rows' haystacks and calls `passes`, a hundred times cheaper."""

    def __init__(self, fields: Sequence[Searched], tests: Sequence[Test]) -> None:
        self.fields = tuple(fields)
        self._tests = tests

    def __call__(self, row: object) -> bool:
        return self.passes(haystack(row, self.fields), row)

    def passes(self, hay: str, row: object) -> bool:
        """`hay` is the row's haystack over the same fields."""
        return all(test(hay, row) for test in self._tests)


def compile(text: str, fields: Sequence[Searched]) -> RowFilter:  # noqa: A001 - as re.compile
    """The filter that `text` means; raises SutraError INVALID for a number or a value that is missing or wrong."""
    return RowFilter(fields, [_test(word, fields) for word in words(text)])


def haystack(row: object, fields: Iterable[Searched]) -> str:
    """All that a row shows, casefolded, with the words that stand behind its glyphs."""
    cells = []
    for field in fields:
        content = value_of(row, field.name)
        cell = display(field.format(content))
        if isinstance(content, str):
            word = display(str(content))
            if word != cell:
                cell = f"{cell}{_ALIAS}{word}"
        cells.append(cell)
    return _CELL.join(cells).casefold()


def value_of(row: object, name: str) -> object:
    """A field of a Struct or a dict; None where it has none."""
    return row.get(name) if isinstance(row, dict) else getattr(row, name, None)


def words(text: str) -> list[Word]:
    """Cut at blanks outside quotes; a quote that is still open reaches to the end, as it does while somebody types."""
    found: list[Word] = []
    rest = text.lstrip()
    while rest:
        excludes = rest[0] == "!"
        rest = rest[excludes:]
        plain = rest[:1] in ("'", '"')
        word = ""
        while rest and not rest[0].isspace():
            if rest[0] in "'\"" and (not word or word[-1] in ":=<>"):
                quoted, _, rest = rest[1:].partition(rest[0])
                word += quoted
            else:
                word += rest[0]
                rest = rest[1:]
        rest = rest.lstrip()
        if word:
            found.append(Word(word, excludes, plain))
    return found


def _test(word: Word, fields: Sequence[Searched]) -> Test:
    test = _of_word(word, fields)
    if not word.excludes:
        return test
    return lambda hay, row: not test(hay, row)


def _of_word(word: Word, fields: Sequence[Searched]) -> Test:
    found = None if word.plain else _field(word.text, fields)
    if found is None:
        needle = display(word.text).casefold()
        return lambda hay, row: needle in hay
    index, op, rest = found
    if op == ":":
        return _within(index, display(rest).casefold())
    if not rest:
        raise SutraError(
            INVALID, f"filter: {display(word.text)} needs a value", f"for example {display(word.text)}{_example(fields[index])}"
        )
    if op in _ORDERS:
        return _order(fields[index], op, rest)
    same = _same(index, fields[index], rest)
    return same if op == "=" else lambda hay, row: not same(hay, row)


def _field(text: str, fields: Sequence[Searched]) -> tuple[int, str, str] | None:
    """(index of the column, operator, the rest) of a word that begins with a column's name or title."""
    places = [(text.find(op), -len(op), op) for op in _OPERATORS if op in text]
    if not places:
        return None
    at, _, op = min(places)
    name = text[:at].casefold()
    for index, field in enumerate(fields):
        if name and name in (field.name.casefold(), field.title.casefold().replace(" ", "_")):
            return index, op, text[at + len(op) :]
    return None


def _within(index: int, needle: str) -> Test:
    return lambda hay, row: needle in hay.split(_CELL)[index]


def _same(index: int, field: Searched, text: str) -> Test:
    """The whole cell as it is shown or meant, or the same number; any item of a list."""
    name, wanted = field.name, display(text).casefold()
    try:
        number = _number(text, field)
    except SutraError:
        number = None

    def same(hay: str, row: object) -> bool:
        if wanted in hay.split(_CELL)[index].split(_ALIAS):
            return True
        content = value_of(row, name)
        items = content if isinstance(content, (list, tuple)) else (content,)
        return any(item == number if _countable(item) else wanted == str(item).casefold() for item in items if item is not None)

    return same if wanted != NIL else lambda hay, row: value_of(row, name) is None


def _order(field: Searched, op: str, text: str) -> Test:
    """Compare as numbers; what is unknown or no number never passes, of a list any item may."""
    name, limit, holds = field.name, _number(text, field), _ORDERS[op]

    def compare(hay: str, row: object) -> bool:
        content = value_of(row, name)
        for item in content if isinstance(content, (list, tuple)) else (content,):
            if isinstance(item, (int, float)) and holds(item, limit):
                return True
        return False

    return compare


def _countable(item: object) -> bool:
    return isinstance(item, (int, float)) and not isinstance(item, bool)


def _number(text: str, field: Searched) -> float:
    """A number in the field's own unit; raises SutraError INVALID."""
    kind = field.kind.removesuffix("?").removeprefix("[]")
    if kind == "duration":
        return values.span(text)
    if kind == "time":
        return values.moment(text)
    if field.unit == "s" and text[-1:].isalpha():
        return values.span(text) / 1_000_000
    bare = text.casefold()
    for sign in _SIGNS:
        if bare != sign:
            bare = bare.removesuffix(sign)
    power = _PREFIXES.get(bare[-1:], 0)
    digits = bare[:-1] if power else bare
    numeral = digits.removeprefix("-").replace(".", "", 1)
    if not (numeral.isdigit() and numeral.isascii() and len(digits) <= 30):
        raise SutraError(INVALID, f"filter: {display(field.name)} is compared with a number, and '{display(text, 80)}' is none", "")
    step = 1024.0 if field.unit in ("B", "B/s") else 1000.0
    return float(digits) * float(step**power)


def _example(field: Searched) -> str:
    if field.kind.removesuffix("?") == "duration" or field.unit == "s":
        return "5m"
    return {"time": "2026-11-20T10:00"}.get(field.kind.removesuffix("?"), "100M" if field.unit in ("B", "B/s") else "50")
