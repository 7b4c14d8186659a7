"""The configuration files. Reading TOML costs several one-shots, so this is imported only where a file exists."""

import tomllib

import msgspec

from sutra_client.errors import INVALID, SutraError


class Config(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
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
    merged: dict[str, object] = {}
    for path in files:
        merged.update(_read(path))
    return msgspec.convert(merged, Config)


def _read(path: str) -> dict[str, object]:
    try:
        with open(path, "rb") as file:
            values = tomllib.load(file)
        msgspec.convert(values, Config)
    except OSError as error:
        raise SutraError(INVALID, f"{path}: {error.strerror}", "make it readable, or remove it") from error
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise SutraError(INVALID, f"{path} is not TOML: {error}") from error
    except msgspec.ValidationError as error:
        known = ", ".join(Config.__struct_fields__)
        raise SutraError(INVALID, f"{path}: {error}", f"the keys are: {known}") from error
    return values
