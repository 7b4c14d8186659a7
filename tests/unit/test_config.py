import os
import posix
from pathlib import Path

import pytest

from avyctl import exec as front_door
from avyctl import paths
from avyctl.config import Config, load
from sutra_client.errors import INVALID, SutraError


@pytest.fixture
def folders(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Empty vendor, host and user folders below one path."""
    monkeypatch.setattr(paths, "VENDOR", str(tmp_path / "vendor"))
    monkeypatch.setattr(paths, "HOST", str(tmp_path / "host"))
    monkeypatch.setitem(posix.environ, b"XDG_CONFIG_HOME", bytes(tmp_path / "user"))
    for name in ("vendor", "host/avyctl.toml.d", "user/avyctl/avyctl.toml.d"):
        (tmp_path / name).mkdir(parents=True)
    return tmp_path


def write(folders: Path, name: str, text: str) -> str:
    path = folders / name
    path.write_text(text)
    return str(path)


def test_without_files_nothing_is_read(folders: Path) -> None:
    assert paths.config_files() == []


def test_the_users_word_is_the_last(folders: Path) -> None:
    written = [
        write(folders, "vendor/10-first.toml", 'output = "json"\ncolor = "never"\ntheme = "light"\n'),
        write(folders, "vendor/20-next.toml", 'timeout = "10s"\n'),
        write(folders, "host/avyctl.toml", 'color = "auto"\n'),
        write(folders, "host/avyctl.toml.d/a.toml", 'timeout = "20s"\n'),
        write(folders, "user/avyctl/avyctl.toml", 'output = "yaml"\n'),
        write(folders, "user/avyctl/avyctl.toml.d/z.toml", 'theme = "mono"\n'),
    ]
    write(folders, "vendor/README", "not read")
    assert paths.config_files() == written
    assert load(written) == Config(output="yaml", color="auto", theme="mono", timeout="20s")


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("colour = 1\n", "there is no key 'colour'"),
        ("output = 1\n", "output: expected a text in quotes"),
        ('theme = "nope"\n', "theme: there is no theme 'nope'"),
        ("output = \n", "is not TOML"),
        ("\udcff", "is not TOML"),
    ],
)
def test_what_is_wrong_is_told_with_file_and_key(folders: Path, text: str, words: str) -> None:
    path = folders / "host/avyctl.toml"
    path.write_bytes(text.encode("utf-8", "surrogateescape"))
    with pytest.raises(SutraError) as caught:
        load([str(path)])
    assert caught.value.code == INVALID
    assert str(path) in caught.value.message
    assert words in caught.value.message


def test_a_configured_value_gives_way_to_the_command_line(folders: Path, capfd: pytest.CaptureFixture[str]) -> None:
    write(folders, "host/avyctl.toml", 'output = "json"\n')
    assert front_door.main(["nothing"]) == 2
    assert capfd.readouterr().out.startswith('{"error":{"code":"INVALID"')
    assert front_door.main(["nothing", "-o", "table"]) == 2
    assert capfd.readouterr().out == ""


def test_a_wrong_configuration_stops_the_command(folders: Path, capfd: pytest.CaptureFixture[str]) -> None:
    write(folders, "user/avyctl/avyctl.toml", "outptu = 1\n")
    assert front_door.main(["nothing"]) == 2
    assert "there is no key 'outptu'" in capfd.readouterr().err


@pytest.mark.parametrize("words", [["help"], ["version"], ["completion", "bash"], ["--version"], ["-V"], ["nothing", "--help"]])
def test_a_wrong_configuration_leaves_what_helps_to_mend_it(folders: Path, capfd: pytest.CaptureFixture[str], words: list[str]) -> None:
    write(folders, "user/avyctl/avyctl.toml", "outptu = 1\n")
    code = front_door.main(words)
    told = capfd.readouterr()
    assert code == (2 if words[0] == "nothing" else 0)
    assert "avyctl.toml: there is no key 'outptu'" in told.err
    assert bool(told.out) == (code == 0)


@pytest.mark.needs("root")
def test_root_never_reads_what_a_user_wrote(folders: Path) -> None:
    path = write(folders, "user/avyctl/avyctl.toml", "output = 1\n")
    assert paths.config_files() == [path]
    os.chown(path, 4242, 4242)
    assert paths.config_files() == []
    os.chown(path, 0, 0)
    os.chown(folders / "user/avyctl", 4242, 4242)
    assert paths.config_files() == []


def test_paths_without_a_home_are_empty(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in (b"XDG_CONFIG_HOME", b"XDG_STATE_HOME", b"HOME"):
        monkeypatch.delitem(posix.environ, name, raising=False)
    monkeypatch.setattr(posix, "geteuid", lambda: 1000)
    assert (paths.user_config(), paths.state(), paths.homeless()) == ("", "", "no HOME")
    monkeypatch.setitem(posix.environ, b"HOME", b"home/ann")
    assert (paths.user_config(), paths.homeless()) == ("", "HOME is no absolute path")
    monkeypatch.setitem(posix.environ, b"HOME", b"/home/ann")
    assert (paths.user_config(), paths.state()) == ("/home/ann/.config/avyctl", "/home/ann/.local/state/avyctl")


def test_the_assets_of_this_installation_are_found() -> None:
    assert Path(paths.assets(), "css").is_dir()
