"""The manual pages tell of every option and every configuration key."""

from pathlib import Path

import pytest

from avyctl.config import Config
from sutra_client import options

MAN = Path(__file__).parent.parent.parent / "docs" / "man"


@pytest.mark.parametrize("name", [name for name in options.NAMES if name not in ("-h", "--help", "-H", "--host", "--version")])
def test_every_option_stands_in_the_manual(name: str) -> None:
    assert name.replace("-", "\\-") in (MAN / "avyctl.1").read_text()


@pytest.mark.parametrize("name", Config.__struct_fields__)
def test_every_key_stands_in_the_manual(name: str) -> None:
    assert f".BR {name} " in (MAN / "avyctl.conf.5").read_text()
