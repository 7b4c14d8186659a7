"""What is wrong with a schema, said so that a person can go there and mend it."""

from pathlib import Path

import msgspec


class Problem(msgspec.Struct, frozen=True):
    """One refusal: `path` leads inside the JSON (`methods[2].in[0].type`), empty when it is about the whole file."""

    file: str
    path: str
    reason: str

    def __str__(self) -> str:
        return ": ".join(part for part in (self.file, self.path, self.reason) if part)


class Problems:
    """Collects the refusals of one file, so that all are reported at once."""

    def __init__(self, file: Path) -> None:
        self._file = str(file)
        self.found: list[Problem] = []

    def add(self, path: str, reason: str) -> None:
        self.found.append(Problem(self._file, path, reason))


class SchemaError(Exception):
    """Schemas that cannot be used; the text has one problem a line."""

    def __init__(self, problems: list[Problem]) -> None:
        super().__init__("\n".join(str(problem) for problem in problems))
        self.problems = problems
