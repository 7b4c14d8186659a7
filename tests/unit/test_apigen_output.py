"""What the generator writes: the same each time, as a person would lay it out, and exactly the files there should be."""

import ast
import hashlib
import json
import subprocess
import sys
from pathlib import Path

import jsonschema
import pytest

from lamps import GOOD, LAMP_FIELDS, changed, write
from sutra_client.gen import core_table
from tools.apigen.__main__ import CORE, main
from tools.apigen.files import ROOT

DOCS = [
    'Says """three quotes""" and more.',
    '"Quoted" from the start.',
    'Ends in a "quote"',
    "Ends in a backslash \\",
    "A \\n that is no line break, a \\u that is no escape.",
    "It's 'single' all through.",
    "Wide 漢字 and narrow é, " + "漢字 " * 40 + "to the end.",
    "Long " + "word " * 60 + "end.",
    *("x" * length + " y." for length in range(118, 136)),
    "x" * 200,
]
TREES = [("api", "sutra_client/gen", "sutra_client.gen"), ("tests/api", "tests/gen", "gen")]


def generate(api: Path, out: Path, package: str = "gen") -> dict[str, bytes]:
    assert main(["--api", str(api), "--out", str(out), "--package", package]) == 0
    return {file.name: file.read_bytes() for file in out.glob("*.py")}


def hostile(tmp_path: Path) -> Path:
    """A folder with a schema whose every doc tries to break out of its docstring or literal."""
    fields = [{"name": f"field_{number}", "type": "string", "doc": doc, "default": doc[:40]} for number, doc in enumerate(DOCS)]
    methods = [
        {"id": number + 10, "name": f"call_{'x' * (number + 1)}", "doc": doc, "role": "reader", "in": fields[: number % 4]}
        for number, doc in enumerate(DOCS[:30])
    ]
    schema = changed(("types.Lamp.fields", [*LAMP_FIELDS, *fields]), ("methods", methods), ("doc", DOCS[0]))
    return write(tmp_path / "api", schema).parents[1]


def test_two_runs_write_the_same_bytes(tmp_path: Path) -> None:
    (tmp_path / "api").mkdir()
    api = hostile(tmp_path)
    assert generate(api, tmp_path / "one") == generate(api, tmp_path / "two")


@pytest.mark.parametrize(("api", "out", "package"), TREES)
def test_committed_bindings_are_those_of_the_schemas(tmp_path: Path, api: str, out: str, package: str) -> None:
    committed = {file.name: file.read_bytes() for file in (ROOT / out).glob("*.py") if file.name != "__init__.py"}
    assert generate(ROOT / api, tmp_path, package) == committed


def test_docs_arrive_in_the_generated_module_as_they_were_written(tmp_path: Path) -> None:
    (tmp_path / "api").mkdir()
    module = ast.parse(generate(hostile(tmp_path), tmp_path / "gen")["lamps.py"])
    lamp = next(node for node in module.body if isinstance(node, ast.ClassDef) and node.name == "Lamp")
    strings = [node.value.value for node in lamp.body if isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant)]
    assert [" ".join(str(text).split()) for text in strings[-len(DOCS) :]] == DOCS
    defaults = [node.value for node in lamp.body if isinstance(node, ast.AnnAssign) and node.value][-len(DOCS) :]
    assert [ast.literal_eval(default) for default in defaults] == [doc[:40] for doc in DOCS]


def test_the_formatter_and_the_linter_leave_generated_files_alone(tmp_path: Path) -> None:
    (tmp_path / "api").mkdir()
    generate(hostile(tmp_path), tmp_path / "gen")
    ruff = [sys.executable, "-m", "ruff"]
    options = ["--isolated", "--line-length", "140", "--no-cache"]
    formatted = subprocess.run([*ruff, "format", *options, "--diff", tmp_path / "gen"], capture_output=True, text=True, check=False)
    assert formatted.returncode == 0, formatted.stdout
    rules = ["--select", "F,E,W,I,UP,B,PIE,RUF012", "--ignore", "E501,I001"]
    linted = subprocess.run([*ruff, "check", *options, *rules, tmp_path / "gen"], capture_output=True, text=True, check=False)
    assert linted.returncode == 0, linted.stdout


def test_generated_files_whose_schema_is_gone_are_removed(tmp_path: Path) -> None:
    out = tmp_path / "gen"
    file = write(tmp_path, GOOD)
    generate(tmp_path, out)
    (out / "__init__.py").write_text('"""Written by hand."""\n')
    file.unlink()
    assert sorted(generate(tmp_path, out)) == ["__init__.py", "index_table.py"]


def test_files_that_did_not_change_are_not_touched(tmp_path: Path) -> None:
    write(tmp_path, GOOD)
    generate(tmp_path, tmp_path / "gen")
    before = {file: file.stat().st_ino for file in (tmp_path / "gen").iterdir()}
    generate(tmp_path, tmp_path / "gen")
    assert {file: file.stat().st_ino for file in (tmp_path / "gen").iterdir()} == before


def test_a_refused_schema_leaves_the_bindings_as_they_were(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    write(tmp_path, GOOD)
    before = generate(tmp_path, tmp_path / "gen")
    file = write(tmp_path, changed(("methods.0.role", "root")))
    assert main(["--api", str(tmp_path), "--out", str(tmp_path / "gen"), "--package", "gen"]) == 1
    assert capsys.readouterr().err == f"{file}: methods[0].role: 'root' is none of reader, operator, admin\n"
    assert {path.name: path.read_bytes() for path in (tmp_path / "gen").glob("*.py")} == before


def test_the_fingerprint_is_that_of_the_canonical_text() -> None:
    assert hashlib.sha256(core_table.SCHEMA.encode()).hexdigest()[:32] == core_table.FINGERPRINT
    assert json.loads(core_table.SCHEMA) == json.loads(CORE.read_bytes())


def test_layout_and_order_of_keys_in_the_file_do_not_change_the_fingerprint(tmp_path: Path) -> None:
    file = write(tmp_path, GOOD)
    first = generate(tmp_path, tmp_path / "gen")
    file.write_text(json.dumps(dict(reversed(GOOD.items())), indent=7))
    assert generate(tmp_path, tmp_path / "gen")["lamps_table.py"] == first["lamps_table.py"]


def test_a_canonical_schema_carries_the_core_types_it_uses_and_no_others(tmp_path: Path) -> None:
    table = generate(write(tmp_path, changed(("methods.0.out", "Operation"))).parents[1], tmp_path / "gen")["lamps_table.py"]
    schema = next(node for node in ast.parse(table).body if isinstance(node, ast.Assign) and ast.unparse(node.targets[0]) == "SCHEMA")
    text = json.loads(ast.literal_eval(schema.value))
    assert sorted(text["types"]) == ["Lamp", "Operation", "Step"]
    assert sorted(text["enums"]) == ["OperationState", "State"]


def test_tables_import_nothing() -> None:
    for out in (Path("sutra_client/gen"), Path("tests/gen")):
        for file in (ROOT / out).glob("*_table.py"):
            assert not [node for node in ast.walk(ast.parse(file.read_bytes())) if isinstance(node, ast.Import | ast.ImportFrom)], file


def test_every_schema_agrees_with_the_language_that_editors_know() -> None:
    language = json.loads((ROOT / "api/schema.json").read_bytes())
    jsonschema.Draft202012Validator.check_schema(language)
    validator = jsonschema.Draft202012Validator(language)
    files = [*ROOT.glob("api/*/api.json"), *ROOT.glob("tests/api/*/api.json")]
    assert len(files) >= 3
    for file in files:
        assert [error.message for error in validator.iter_errors(json.loads(file.read_bytes()))] == [], file


@pytest.mark.parametrize(
    ("path", "value"),
    [("colour", 1), ("methods.0.role", "root"), ("methods.1.changes", False), ("streams.0.key", []), ("noun", "help"), ("doc", "")],
)
def test_what_editors_mark_is_refused_by_the_generator_too(tmp_path: Path, path: str, value: object) -> None:
    schema = changed((path, value))
    language = json.loads((ROOT / "api/schema.json").read_bytes())
    assert list(jsonschema.Draft202012Validator(language).iter_errors(schema))
    assert main(["--api", str(write(tmp_path, schema).parents[1]), "--out", str(tmp_path / "gen")]) == 1
