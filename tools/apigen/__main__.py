"""`python -m tools.apigen`: writes the bindings; `check` compares schemas with their last release, `release` makes the present one."""

import argparse
import sys
from pathlib import Path

from tools.apigen import files, grow
from tools.apigen.load import load, load_folder
from tools.apigen.model import Schema
from tools.apigen.problem import SchemaError

CORE = files.ROOT / "api/core/api.json"


def main(arguments: list[str]) -> int:
    """Returns the exit code: 1 when schemas are refused, each problem on a line of stderr."""
    options = _options(arguments)
    try:
        core = load(CORE, None)
        schemas = load_folder(options.api, core)
        core = next((schema for schema in schemas if schema.name == "core"), core)
        for line in _run(options.command, schemas, core, options):
            print(line)
    except SchemaError as error:
        print(error, file=sys.stderr)
        return 1
    return 0


def _run(command: str, schemas: list[Schema], core: Schema, options: argparse.Namespace) -> list[str]:
    if command == "generate":
        return files.write(files.generate(schemas, core, options.package), options.out)
    if problems := grow.check(schemas):
        raise SchemaError(problems)
    return grow.release(schemas) if command == "release" else []


def _options(arguments: list[str]) -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m tools.apigen", description="Generates the Python bindings of Sutra schemas.")
    parser.add_argument("command", nargs="?", choices=("generate", "check", "release"), default="generate")
    parser.add_argument("--api", type=Path, default=files.ROOT / "api", help="folder of <name>/api.json")
    parser.add_argument("--out", type=Path, default=files.ROOT / "sutra_client/gen", help="folder of the generated modules")
    parser.add_argument("--package", default="sutra_client.gen", help="name that the generated modules are imported by")
    return parser.parse_args(arguments)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
