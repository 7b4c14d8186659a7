"""Rows and objects as plain text: columns that line up, `key value` lines, nothing that a terminal would act on."""

from sutra_client.json_text import Json
from sutra_client.schema import Field, Schema
from sutra_client.text import MAX_TEXT, display, display_lines, fit, value, width

GAP = 2
_LEAST = 8
"""Columns are cut to this many cells at most before the last ones are left out."""


class Table:
    """Columns of one type of row, worked on column by column, which for a hundred rows takes a quarter of the time.

    `room` is the terminal's width, 0 where nothing may be cut; `marked` puts a column of event names first.
    """

    def __init__(self, fields: list[Field], room: int = 0, marked: bool = False) -> None:
        self._fields = fields
        self._room = room
        self._titles = [title or name.replace("_", " ") for name, _, _, _, _, title, _ in fields]
        self._right = [_is_number(kind, unit) for _, kind, _, unit, *_ in fields]
        self._widths: list[int] = []
        if marked:
            self._titles.insert(0, "event")
            self._right.insert(0, False)

    def columns(self, rows: list[Json], mark: str = "") -> list[list[str]]:
        """The texts of these rows, column by column; `mark` is their event where the table has that column."""
        limit = MAX_TEXT if self._room else 0
        found = [[mark] * len(rows)] if mark else []
        for name, kind, _, unit, *_ in self._fields:
            found.append(_texts([row.get(name) if isinstance(row, dict) else None for row in rows], kind, unit, limit))
        return found

    def measure(self, columns: list[list[str]], legend: bool) -> None:
        """Sets the widths from these texts, and cuts them to the room there is."""
        self._widths = [max(width(title) if legend else 1, _widest(texts)) for title, texts in zip(self._titles, columns, strict=True)]
        if self._room:
            _shrink(self._widths, self._room)

    def legend(self) -> str:
        return self.lines([[title] for title in self._titles])[0]

    def lines(self, columns: list[list[str]]) -> list[str]:
        """One line a row; the last column is not padded."""
        padded = []
        for texts, size, right in zip(columns, self._widths, self._right, strict=False):
            if not "".join(texts).isascii() or (self._room and _widest(texts) > size):
                padded.append([fit(text, size, right) if self._room else _padded(text, size, right) for text in texts])
            else:
                padded.append([text.rjust(size) for text in texts] if right else [text.ljust(size) for text in texts])
        gap = " " * GAP
        return [gap.join(line).rstrip(" ") for line in zip(*padded, strict=True)]


def _texts(contents: list[Json], kind: str, unit: str, limit: int) -> list[str]:
    """Each content as one line; equal ones are worked out once."""
    known: dict[Json, str] = {}
    texts = []
    for content in contents:
        if isinstance(content, str):
            texts.append(display(content, limit))
        elif isinstance(content, list | dict):
            texts.append(value(content, kind, unit, limit))
        else:
            if content not in known:
                known[content] = value(content, kind, unit, limit)
            texts.append(known[content])
    return texts


def _widest(texts: list[str]) -> int:
    return max(map(len if "".join(texts).isascii() else width, texts), default=0)


def _padded(text: str, size: int, right: bool) -> str:
    space = " " * (size - width(text))
    return space + text if right else text + space


def table(rows: list[Json], fields: list[Field], room: int = 0, legend: bool = True) -> list[str]:
    """The lines of a whole table."""
    layout = Table(fields, room)
    columns = layout.columns(rows)
    layout.measure(columns, legend)
    lines = layout.lines(columns)
    return [layout.legend(), *lines] if legend else lines


def _shrink(widths: list[int], room: int) -> None:
    """Takes from the widest columns first; drops the last ones when that is not enough."""
    while len(widths) > 1 and len(widths) * _LEAST + GAP * (len(widths) - 1) > room and _total(widths, _LEAST) > room:
        widths.pop()
    excess = _total(widths) - room
    while excess > 0:
        widest = max(range(len(widths)), key=widths.__getitem__)
        second = max((size for index, size in enumerate(widths) if index != widest and size < widths[widest]), default=0)
        cut = min(excess, max(widths[widest] - max(second, _LEAST), 1))
        if widths[widest] <= 1:
            return
        widths[widest] -= cut
        excess -= cut


def _total(widths: list[int], most: int = 1 << 30) -> int:
    return sum(min(size, most) for size in widths) + GAP * (len(widths) - 1)


def _is_number(kind: str, unit: str) -> bool:
    bare = kind.removesuffix("?")
    return bool(unit) or bare in ("f64", "duration", "time") or (bare[:1] in "iu" and bare[1:].isdigit())


def columns(schema: Schema, kind: str, chosen: list[str], wide: bool) -> list[Field]:
    """The fields that a table or an object of this type shows; raises SutraError INVALID for a chosen one that is not there."""
    fields = schema.fields(kind)
    if chosen:
        for name in chosen:
            if name not in fields:
                from sutra_client.errors import INVALID, SutraError
                from sutra_client.suggest import unknown

                raise SutraError(INVALID, *unknown("column", name, fields))
        return [fields[name] for name in chosen]
    return [field for field in fields.values() if wide or "wide" not in field[6].split()]


def flat(schema: Schema, fields: list[Field]) -> list[Field]:
    """Those whose values fit into one cell."""
    return [field for field in fields if not schema.fields(field[1]) and not field[1].startswith(("[][]", "[]map"))]


def describe(schema: Schema, row: Json, fields: list[Field], room: int = 0, indent: str = "") -> list[str]:
    """`key value` lines; lists below each other, objects within as blocks of their own."""
    of = row if isinstance(row, dict) else {}
    titles = {name: title or name.replace("_", " ") for name, _, _, _, _, title, _ in fields}
    margin = max((len(title) for title in titles.values()), default=0) + GAP
    lines: list[str] = []
    for field in fields:
        name, kind, _, unit, *_ = field
        content = of.get(name)
        inner = list(schema.fields(kind).values())
        head = indent + titles[name]
        if inner and content:
            lines += [head, *_nested(schema, content, inner, room, indent + " " * GAP)]
        elif isinstance(content, list) and content:
            texts = [value(item, kind.removesuffix("?")[2:], unit, 0) for item in content]
            lines += [(head if not index else "").ljust(margin + len(indent)) + text for index, text in enumerate(texts)]
        else:
            text = value(content, kind, unit, 0) if content != [] else "none"
            lines.append((head.ljust(margin + len(indent)) + text).rstrip(" "))
    return lines


def _nested(schema: Schema, content: Json, fields: list[Field], room: int, indent: str) -> list[str]:
    if not isinstance(content, list):
        return describe(schema, content, fields, room, indent)
    simple = flat(schema, fields)
    if len(simple) == len(fields):
        return [indent + line for line in table(content, fields, max(room - len(indent), 0))]
    return [line for item in content for line in describe(schema, item, fields, room, indent)]


def plain(content: Json, kind: str) -> list[str]:
    """An answer that is no object: a text line by line, a list item by item."""
    if isinstance(content, str) and kind.removesuffix("?") == "string":
        return display_lines(content, 0)
    if isinstance(content, list):
        return [value(item, kind.removesuffix("?")[2:], "", 0) for item in content]
    if isinstance(content, dict) and kind.startswith("map[string]"):
        of = kind.removesuffix("?").removeprefix("map[string]")
        return [f"{display(name, 0)} {value(item, of, '', 0)}" for name, item in content.items()]
    return [value(content, kind, "", 0)]
