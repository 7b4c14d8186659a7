"""What a one-shot may load: the budget of perf.md is spent by imports first."""

import ast
import shutil
import subprocess
import sys
import tempfile
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from avyctl import start
from oneshots import LAUNCHER, avyctl
from services.core.server import Server
from services.system.fake import FakeSystem
from serving import about
from sutra_client.gen import index_table, system

ROOT = Path(__file__).parent.parent.parent
MOST = 49
"""The interpreter alone has 23, the three extension modules of a call included 26."""
FORBIDDEN = set(
    "asyncio msgspec textual rich argparse json re os enum typing dataclasses collections collections.abc struct socket traceback"
    " functools contextlib threading inspect types site importlib services screens widgets".split()
)
LIST_MODULES = "posix.write(2, ' '.join(sys.modules).encode())\n"


@pytest.fixture
async def folder() -> AsyncIterator[str]:
    with tempfile.TemporaryDirectory() as path:
        running = Server(system.SERVICE, FakeSystem(), about)
        await running.listen(path)
        try:
            yield path
        finally:
            await running.stop()


async def loaded(folder: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, *words: str) -> tuple[int, set[str]]:
    """The exit code of a one-shot and the modules that were loaded when it ended."""
    probe = tmp_path / "bin" / "avyctl"
    probe.parent.mkdir()
    call = "posix._exit(main(sys.argv[1:]))"
    text = Path(LAUNCHER).read_text()
    assert call in text
    probe.write_text(text.replace(call, f"code = main(sys.argv[1:])\n{LIST_MODULES}posix._exit(code)"))
    for name in ("avyctl", "sutra_client"):
        (tmp_path / name).symlink_to(ROOT / name)
    monkeypatch.setattr("oneshots.LAUNCHER", str(probe))
    ended = await avyctl(folder, *words)
    return ended.code, set(ended.err.decode().splitlines()[-1].split())


@pytest.mark.parametrize(
    ("words", "code"),
    [
        (["system", "status"], 0),
        (["system", "findings"], 0),
        (["system", "findings", "-o", "json"], 0),
        (["system", "users", "-j"], 0),
        (["system", "stauts"], 2),
        (["system", "history", "--since", "2s"], 0),
        (["--exec", "system status; system users"], 0),
        (["help"], 0),
    ],
)
async def test_a_served_one_shot_loads_little(
    folder: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, words: list[str], code: int
) -> None:
    ended, modules = await loaded(folder, tmp_path, monkeypatch, *words)
    assert ended == code
    assert "avyctl.exec" in modules
    assert not modules & FORBIDDEN
    if words[0] == "system":
        assert len(modules) <= MOST, sorted(modules)


def sources() -> list[Path]:
    """Every module that serves one-shots of all nouns alike."""
    front = ["start", "exec", "session", "following", "script", "direct", "manual", "completion", "info", "confirm", "paths", "config"]
    screens = {"actions", "glyphs", "overview_text", "plot", "terminal"}
    shared = [path for path in (ROOT / "sutra_client").glob("*.py") if path.stem not in screens]
    return [Path(LAUNCHER), *(ROOT / "avyctl" / f"{name}.py" for name in front), *shared]


def test_no_noun_is_named_in_what_serves_them_all() -> None:
    nouns = set(index_table.NOUNS)
    assert nouns
    for path in sources():
        if path.stem.removesuffix("_text") in nouns:
            continue  # the words of one subject
        for node in ast.walk(ast.parse(path.read_text())):
            words = {node.value} if isinstance(node, ast.Constant) and isinstance(node.value, str) else set()
            words |= {node.id} if isinstance(node, ast.Name) else set()
            words |= {word.name for word in node.names} if isinstance(node, ast.ImportFrom) else set()
            assert not nouns & words, f"{path.name} names a noun: {nouns & words}"


def test_the_one_shot_path_imports_nothing_heavy_at_the_top() -> None:
    allowed = {"posix", "sys", "marshal", "_frozen_importlib_external", "sutra_client", "avyctl"}
    for name in ("start", "exec", "session", "paths"):
        for node in ast.parse((ROOT / "avyctl" / f"{name}.py").read_text()).body:
            if isinstance(node, ast.Import | ast.ImportFrom):
                roots = (
                    {alias.name.partition(".")[0] for alias in node.names}
                    if isinstance(node, ast.Import)
                    else {str(node.module).partition(".")[0]}
                )
                assert roots <= allowed, (name, roots)


def test_the_early_list_holds_what_a_table_needs_in_an_order_that_works() -> None:
    loaded: set[str] = {"avyctl", "avyctl.start", *start.PACKAGES}
    for name in (*start.ASKING, *start.ANSWERING):
        for node in ast.parse((ROOT / f"{name.replace('.', '/')}.py").read_text()).body:
            if isinstance(node, ast.ImportFrom) and str(node.module).partition(".")[0] in ("avyctl", "sutra_client"):
                needed = {f"{node.module}.{alias.name}" for alias in node.names} if "." not in str(node.module) else {str(node.module)}
                assert needed <= loaded, f"{name} comes before {needed - loaded}"
        loaded.add(name)


async def test_a_table_needs_nothing_beyond_the_early_list(folder: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    _, modules = await loaded(folder, tmp_path, monkeypatch, "system", "findings")
    ours = {name for name in modules if name.partition(".")[0] in ("avyctl", "sutra_client")}
    tables = {f"sutra_client.gen.{stem}_table" for stem, _ in index_table.NOUNS.values()}
    assert ours - tables == {"avyctl", "avyctl.start", *start.PACKAGES, *start.ASKING, *start.ANSWERING}


@pytest.mark.parametrize("change", ["newer source", "broken bytecode", "no bytecode"])
def test_bytecode_that_does_not_fit_its_source_is_not_used(tmp_path: Path, change: str) -> None:
    for name in ("avyctl", "sutra_client", "bin"):
        shutil.copytree(ROOT / name, tmp_path / name)
    command = [sys.executable, "-IS", str(tmp_path / "bin/avyctl"), "version"]
    before = subprocess.run(command, capture_output=True, check=True).stdout
    source = tmp_path / "sutra_client/version.py"
    [cached] = (tmp_path / "sutra_client/__pycache__").glob("version.*.pyc")
    if change == "newer source":
        source.write_text('VERSION = "9.9.9.9"\n')
        before = b"avyctl 9.9.9.9\n"
    elif change == "broken bytecode":
        cached.write_bytes(b"\0" * 100)
    else:
        cached.unlink()
    assert subprocess.run(command, capture_output=True, check=True).stdout == before
