"""The configuration files. Reading TOML costs several one-shots, so this is imported only where a file exists."""

import tomllib

import msgspec

from sutra_client.errors import INVALID, SutraError
from sutra_client.options import Options
from sutra_client.suggest import unknown


class Config(msgspec.Struct, frozen=True):
    """What can be configured; nil where no file says anything."""

    output: str | None = None
    """As -o."""
    color: str | None = None
    """As --color."""
    theme: str | None = None
    """Name of a theme of the screens."""
    timeout: str | None = None
    """As --timeout, e.g. 30s."""


def load(files: list[str]) -> Config:
    """All files together, a later one over an earlier; raises SutraError INVALID that names file and key."""
    merged: dict[str, str] = {}
    for path in files:
        merged.update(_read(path))
    return Config(**merged)


def _read(path: str) -> dict[str, str]:
    try:
        with open(path, "rb") as file:
            values = tomllib.load(file)
    except OSError as error:
        raise SutraError(INVALID, f"{path}: {error.strerror}", "make it readable, or remove it") from None
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise SutraError(INVALID, f"{path} is not TOML: {error}") from None
    return {key: _checked(path, key, value) for key, value in values.items()}


def _checked(path: str, key: str, value: object) -> str:
    if key not in Config.__struct_fields__:
        message, hint = unknown("key", key, Config.__struct_fields__)
        raise SutraError(INVALID, f"{path}: {message}", hint)
    if not isinstance(value, str):
        raise SutraError(INVALID, f"{path}: {key}: expected a text in quotes", f'as in {key} = "..."')
    try:
        Options().take([f"--{key}={value}"])
    except SutraError as error:
        raise SutraError(INVALID, f"{path}: {key}: {error.message}", error.hint) from None
    return value
