"""The image of avyos: one, in /avyos, without an engine that could hold another."""

from services.core import inotify
from services.core.files import Found
from services.core.release import read_release
from services.core.tree import Tree
from services.deployments.backend import FileDeployments
from services.deployments.summary import by_id
from sutra_client.gen.deployments import Deployment, Engine

MARK = "/avyos/cmd/init"


def probe(root: str = "/") -> tuple[bool, str]:
    """Fits an avyos host."""
    lack = Tree(root).lack(MARK)
    if not lack:
        return True, f"avyos' image: {MARK} exists"
    return False, f"no avyos image: {lack}"


def make(root: str = "/") -> FileDeployments:
    """The backend for the host below `root`."""
    return FileDeployments(Engine.AVYOS, "the image in /avyos", read, root)


def read(tree: Tree) -> Found[Deployment]:
    """What its release file says; nothing else describes it."""
    release = read_release(tree)
    running = tree.text(f"{tree.proc}/1/comm") == "init"
    row = Deployment(
        id="image",
        version=release.get("VERSION", "VERSION_ID", "BUILD_ID"),
        state="booted" if running else None,
        kernel=tree.text(f"{tree.proc}/sys/kernel/osrelease") if running else None,
        engine=Engine.AVYOS,
        os=release.get("PRETTY_NAME", "NAME"),
        booted=running,
        usable=True,
        path=b"/avyos",
    )
    unseen = sorted(tree.problems.values())
    watched = {tree.at(path): inotify.ENTRIES for path in ("/avyos", "/config", "/avyos/config")}
    return Found(by_id([row]), {}, unseen, watched, {(row.id,): tree.at("/avyos")})
