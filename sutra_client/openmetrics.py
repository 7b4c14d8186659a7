"""One measurement as OpenMetrics text (openmetrics.io, 1.0): a gauge for each number, labels from the texts of list items."""

from sutra_client.json_text import Json
from sutra_client.schema import Field, Schema

_UNITS = {"B": "bytes", "B/s": "bytes_per_second", "%": "percent", "s": "seconds", "Hz": "hertz", "degC": "celsius"}
_OTHERS = {"rpm": "rpm", "V": "volts", "W": "watts"}
Families = dict[str, tuple[str, str, list[str]]]
"""Name -> (unit, help, sample lines)."""


def exposition(schema: Schema, kind: str, row: Json) -> str:
    """A whole exposition, to its `# EOF`. Times and durations are in seconds; what is nil or no number is left out."""
    families: Families = {}
    _add(families, schema, kind, row, f"avyctl_{_word(schema.noun)}", "")
    lines: list[str] = []
    for name, (unit, doc, samples) in families.items():
        lines += [f"# TYPE {name} gauge", *([f"# UNIT {name} {unit}"] if unit else []), f"# HELP {name} {_escaped(doc)}", *samples]
    return "\n".join([*lines, "# EOF"]) + "\n"


def _add(families: Families, schema: Schema, kind: str, row: Json, prefix: str, labels: str) -> None:
    if not isinstance(row, dict):
        return
    fields = schema.fields(kind)
    for field in fields.values():
        content = row.get(field[0])
        if schema.fields(field[1]):
            items = content if isinstance(content, list) else [content]
            for item in items:
                _add(families, schema, field[1], item, f"{prefix}_{_word(field[0])}", _labels(schema, field[1], item))
        elif isinstance(content, bool | int | float):
            _sample(families, field, content, prefix, labels)


def _sample(families: Families, field: Field, content: float, prefix: str, labels: str) -> None:
    name, kind, doc, unit, *_ = field
    scale = kind.removesuffix("?") in ("time", "duration")
    words = "seconds" if scale else _UNITS.get(unit) or _OTHERS.get(unit, "")
    family = f"{prefix}_{_word(name)}" + (f"_{words}" if words else "")
    number = repr(content / 1_000_000) if scale else str(int(content)) if isinstance(content, bool) else repr(content)
    families.setdefault(family, (words, doc, []))[2].append(f"{family}{labels} {number}")


def _labels(schema: Schema, kind: str, item: Json) -> str:
    if not isinstance(item, dict):
        return ""
    textual = ("string", *schema.enums)
    pairs = [(name, item.get(name)) for name, field in schema.fields(kind).items() if field[1].removesuffix("?") in textual]
    texts = [f'{_word(name)}="{_escaped(text)}"' for name, text in pairs if isinstance(text, str)]
    return "{" + ",".join(texts) + "}" if texts else ""


def _word(name: str) -> str:
    return "".join(char if char.isascii() and char.isalnum() else "_" for char in name)


def _escaped(text: str) -> str:
    from sutra_client.text import display

    return "\\n".join([display(line, 0).replace("\\", "\\\\").replace('"', '\\"') for line in text.split("\n")])
