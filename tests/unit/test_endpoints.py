"""What is listed of this host's endpoints: those that work, those that do not with the reason, and what avyctl does itself."""

import os
import socket
from pathlib import Path

import pytest

from sutra_client import endpoint
from sutra_client.endpoints import endpoints


def listening(path: Path) -> socket.socket:
    sock = socket.socket(socket.AF_UNIX)
    sock.bind(str(path))
    sock.listen(1)
    return sock


def told(embedded: bool = False) -> list[tuple[str, str, str]]:
    return [(each.service, each.path, each.state) for each in endpoints(embedded)]


def test_each_endpoint_of_the_directory_is_listed_with_its_state(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SUTRA_DIR", str(tmp_path))
    tmp_path.chmod(0o755)
    with listening(tmp_path / "dev.example.works"):
        listening(tmp_path / "dev.example.dead").close()
        (tmp_path / "dev.example.file").write_text("")
        (tmp_path / "dev.example.link").symlink_to("dev.example.works")
        (tmp_path / ".hidden.partial").write_text("")
        (tmp_path / "README").write_text("")
        found = {each.service: each for each in endpoints()}
    assert {name: each.state for name, each in found.items()} == {
        "dev.example.dead": "refuses",
        "dev.example.file": "distrusted",
        "dev.example.link": "distrusted",
        "dev.example.works": "ok",
    }
    assert "refused" in found["dev.example.dead"].reason
    assert "is not a socket" in found["dev.example.file"].reason
    assert "symbolic link" in found["dev.example.link"].reason
    assert found["dev.example.works"].owner == os.getuid()


def test_the_first_directory_counts_and_what_runs_nowhere_is_embedded(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("first", "second"):
        (tmp_path / name).mkdir(mode=0o755)
    monkeypatch.setattr(endpoint, "directories", lambda: [f"{tmp_path}/first", f"{tmp_path}/none", f"{tmp_path}/second"])
    with listening(tmp_path / "first" / "dev.example.lamps"), listening(tmp_path / "second" / "dev.example.lamps"):
        found = told()
        assert [each for each in found if each[0] == "dev.example.lamps"] == [
            ("dev.example.lamps", f"{tmp_path}/first/dev.example.lamps", "ok"),
            ("dev.example.lamps", f"{tmp_path}/second/dev.example.lamps", "shadowed"),
        ]
        assert ("dev.avyctl.system", "", "embedded") in found
        assert all(state == "embedded" for _, _, state in told(embedded=True))
