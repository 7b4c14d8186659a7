"""A small schema, and changes to it."""

import copy
import json
from pathlib import Path
from typing import Any

Change = tuple[str, object]
"""Where to put what: a path like `methods.0.role`; ABSENT takes the key away."""

ABSENT = object()

GOOD: dict[str, Any] = {
    "id": "dev.avyctl.lamps",
    "noun": "lamps",
    "doc": "Lamps.",
    "enums": {"State": {"doc": "On or off.", "values": ["on", "off"]}},
    "types": {
        "Lamp": {
            "doc": "One lamp.",
            "fields": [
                {"name": "name", "type": "string", "doc": "Its name."},
                {"name": "state", "type": "State", "doc": "On or off."},
                {"name": "uid", "type": "u32", "doc": "Whose it is."},
                {"name": "power", "type": "f64?", "unit": "W", "doc": "What it draws."},
            ],
        }
    },
    "methods": [
        {
            "id": 1,
            "name": "get",
            "doc": "One lamp.",
            "in": [{"name": "name", "type": "string", "doc": "Which one.", "complete": "Lamp.name"}],
            "out": "Lamp",
            "role": "reader",
        },
        {"id": 2, "name": "switch", "doc": "Switches all.", "role": "operator", "changes": True, "risk": "safe"},
    ],
    "streams": [
        {"id": 100, "name": "lamps", "verb": "list", "kind": "table", "row": "Lamp", "key": ["name"], "doc": "All.", "role": "reader"},
        {"id": 101, "name": "draw", "kind": "samples", "row": "Lamp", "doc": "What they draw.", "role": "reader"},
    ],
}

LAMP_FIELDS = GOOD["types"]["Lamp"]["fields"]


def write(folder: Path, schema: object, name: str = "lamps") -> Path:
    """Makes it the schema of service `name` in `folder`."""
    file = folder / name / "api.json"
    file.parent.mkdir(exist_ok=True)
    file.write_text(json.dumps(schema))
    return file


def changed(*changes: Change) -> dict[str, Any]:
    """A copy of GOOD with these changes."""
    schema = copy.deepcopy(GOOD)
    for path, value in changes:
        *way, last = [int(part) if part.isdigit() else part for part in path.split(".")]
        holder: Any = schema
        for part in way:
            holder = holder[part]
        if value is ABSENT:
            del holder[last]
        else:
            holder[last] = value
    return schema
