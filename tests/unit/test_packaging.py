"""What is shipped, and that the command starts from wherever a person installed it."""

import os
import shutil
import subprocess
import sys
import sysconfig
import zipfile
from collections.abc import Mapping, Sequence
from pathlib import Path

import pytest

from sutra_client.version import VERSION

ROOT = Path(__file__).parents[2]
TOP_LEVEL = {"avyctl", "screens", "widgets", "sutra_client", "services"}
BUILD = [sys.executable, "-m", "hatchling", "build", "--target"]
MEET = "import sys; sys.stderr.write('no_site=%d %s\\n' % (sys.flags.no_site, sys.argv[0]))\n"


@pytest.fixture(scope="session")
def tree(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A copy of what is committed and of what would be, so that installing writes nothing into the checkout."""
    tree = tmp_path_factory.mktemp("tree")
    names = ["pyproject.toml", "README.md", "LICENSE", "bin", "assets", *TOP_LEVEL]
    for name in names:
        source = ROOT / name
        if source.is_dir():
            shutil.copytree(source, tree / name, ignore=shutil.ignore_patterns("__pycache__"))
        else:
            shutil.copy(source, tree / name)
    return tree


@pytest.fixture(scope="session")
def wheel(tree: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("dist")
    run([*BUILD, "wheel", "--directory", folder], cwd=tree)
    (path,) = folder.iterdir()
    return path


@pytest.fixture
def venv(tmp_path: Path) -> Path:
    """An environment that holds nothing but, by a .pth file, the dependencies of the one the tests run in."""
    folder = tmp_path / "venv"
    run([sys.executable, "-m", "venv", "--without-pip", folder])
    site = next((folder / "lib").iterdir()) / "site-packages"
    dependencies = tmp_path / "dependencies"
    dependencies.mkdir()
    for entry in Path(sysconfig.get_path("purelib")).iterdir():
        if "avyctl" not in entry.name:
            (dependencies / entry.name).symlink_to(entry)
    (site / "dependencies.pth").write_text(f"{dependencies}\n")
    return folder


@pytest.fixture
def hostile(tmp_path: Path) -> Path:
    """A folder that somebody may stand in: its packages are named like ours and must never run."""
    folder = tmp_path / "hostile"
    for name in (*TOP_LEVEL, "msgspec", "textual"):
        (folder / name).mkdir(parents=True)
        (folder / name / "__init__.py").write_text("raise SystemExit('HOSTILE CODE RAN')\n")
    (folder / "sitecustomize.py").write_text("raise SystemExit('HOSTILE CODE RAN')\n")
    return folder


def run(command: Sequence[str | Path], cwd: Path | None = None, more: Mapping[str, str] | None = None) -> str:
    """Standard output; a failure shows all that was printed."""
    kept = {name: value for name, value in os.environ.items() if not name.startswith(("PYTHON", "VIRTUAL_ENV", "SUTRA"))}
    done = subprocess.run(
        command, cwd=cwd, env={**kept, **(more or {})}, capture_output=True, text=True, check=False, stdin=subprocess.DEVNULL
    )
    assert done.returncode == 0, f"{command}\n{done.stdout}\n{done.stderr}"
    return done.stdout


def assert_starts(command: Path, hostile: Path) -> None:
    """The command works in a hostile folder, with a hostile PYTHONPATH, and without site."""
    path = {"PYTHONPATH": str(hostile)}
    printed = run([command, "version"], cwd=hostile, more=path)
    assert VERSION in printed
    help_text = run([command, "help"], cwd=hostile, more=path)
    assert "system" in help_text
    assert flags(command) == "1"


def flags(command: Path) -> str:
    """sys.flags.no_site of the interpreter that the launcher starts, as the launcher's own process tells it."""
    traced = subprocess.run(
        [command, "version"], env={"PATH": os.environ["PATH"], "PYTHONPROFILEIMPORTTIME": "1"}, capture_output=True, check=True
    )
    assert b"import time" not in traced.stderr, "PYTHON* variables are heeded: -I is missing"
    script = command.read_text().replace("' '''\n", "' '''\n" + MEET, 1)
    probe = command.resolve().with_name("avyctl-probe")
    probe.write_text(script)
    probe.chmod(0o755)
    try:
        told = subprocess.run([probe, "version"], capture_output=True, text=True, check=True).stderr
    finally:
        probe.unlink()
    assert "no_site=" in told, told
    return told.partition("no_site=")[2][:1]


def test_the_wheel_holds_our_packages_and_nothing_else(wheel: Path) -> None:
    names = zipfile.ZipFile(wheel).namelist()
    metadata = f"avyctl-{VERSION}"
    assert {name.partition("/")[0] for name in names} == {*TOP_LEVEL, f"{metadata}.dist-info", f"{metadata}.data"}
    assert [name for name in names if ".data/" in name] == [f"{metadata}.data/scripts/avyctl"]


def test_no_fake_backend_is_shipped(wheel: Path) -> None:
    assert [name for name in zipfile.ZipFile(wheel).namelist() if "fake" in name.rpartition("/")[2]] == []


def test_the_assets_are_shipped(wheel: Path) -> None:
    shipped = {name.removeprefix("avyctl/assets/") for name in zipfile.ZipFile(wheel).namelist() if name.startswith("avyctl/assets/")}
    assert shipped == {str(path.relative_to(ROOT / "assets")) for path in (ROOT / "assets").rglob("*") if path.is_file()}
    assert shipped


def test_the_launcher_is_executable_in_the_checkout() -> None:
    assert os.access(ROOT / "bin/avyctl", os.X_OK)


def test_pip_install(wheel: Path, venv: Path, hostile: Path) -> None:
    run([sys.executable, "-m", "pip", "--python", venv / "bin/python", "install", "--quiet", "--no-deps", "--no-index", wheel])
    assert_starts(venv / "bin/avyctl", hostile)


def test_pip_install_editable(tree: Path, venv: Path, hostile: Path) -> None:
    install: list[str | Path] = [
        sys.executable,
        "-m",
        "pip",
        "--python",
        venv / "bin/python",
        "install",
        "--quiet",
        "--no-deps",
        "--no-index",
    ]
    run([*install, "--no-build-isolation", "--editable", tree])
    assert_starts(venv / "bin/avyctl", hostile)


def test_uv_tool_install(wheel: Path, hostile: Path, tmp_path: Path) -> None:
    """Without its dependencies, which would take a network: `version` and `help` need none of them."""
    excluded = tmp_path / "excluded"
    excluded.write_text("textual\nrich\npsutil\npyroute2\ndbus-fast\nmsgspec\nh11\n")
    places = {name: str(tmp_path / name.lower()) for name in ("UV_TOOL_DIR", "UV_TOOL_BIN_DIR", "UV_CACHE_DIR")}
    install: list[str | Path] = [
        Path(sys.executable).with_name("uv"),
        "tool",
        "install",
        "--quiet",
        "--offline",
        "--no-index",
        "--no-config",
    ]
    run([*install, "--python", sys.executable, "--excludes", excluded, wheel], more=places)
    assert_starts(tmp_path / "uv_tool_bin_dir/avyctl", hostile)


def test_a_symbolic_link_to_the_command(wheel: Path, venv: Path, hostile: Path, tmp_path: Path) -> None:
    run([sys.executable, "-m", "pip", "--python", venv / "bin/python", "install", "--quiet", "--no-deps", "--no-index", wheel])
    for name, target in (("near", venv / "bin/avyctl"), ("far", tmp_path / "near"), ("relative", Path("venv/bin/avyctl"))):
        link = tmp_path / name
        link.symlink_to(target)
        assert VERSION in run([link, "version"], cwd=hostile)
