"""The file system that every box boots from: made once by mmdebstrap from the machine's own package sources, kept outside the checkout.

`python -m boxes.image` makes it where it is missing (`make test` does); tests never do, their time is limited.
"""

import fcntl
import hashlib
import os
import platform
import shutil
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from boxes import recipe

UNUSED_DAYS = 14


def folder() -> Path:
    """Where images and boxes are: $AVYCTL_TESTBED or one for the machine. Root's own, or PermissionError: others must not plant in it."""
    path = Path(os.environ.get("AVYCTL_TESTBED") or "/var/tmp/avyctl-testbed")
    path.mkdir(mode=0o755, parents=True, exist_ok=True)
    about = path.lstat()
    if about.st_uid != os.geteuid() or about.st_mode & 0o170022 != 0o040000:
        raise PermissionError(f"{path} is not a directory that only this user may write")
    return path


def path() -> Path:
    """Where the image of this very recipe is or would be."""
    words = Path(recipe.__file__).read_bytes() + _suite().encode()
    return folder() / f"image-{hashlib.sha256(words).hexdigest()[:16]}"


def missing() -> str:
    """Why no image can be made or used here; "" where nothing is in the way."""
    if os.geteuid() != 0:
        return "real services run in boxes, which need root"
    absent = [name for name in ("mmdebstrap", "systemd-nspawn") if shutil.which(name) is None]
    return f"real services run in boxes, which need {' and '.join(absent)}" if absent else ""


def build() -> Path:
    """Makes the image, or waits for who is making it. Raises CalledProcessError with mmdebstrap's words in `output`."""
    image = path()
    with locked("image.lock"):
        if not image.exists():
            for rest in folder().glob("image-*.new"):
                shutil.rmtree(rest)
            new = image.with_suffix(".new")
            recipe.bootstrap(new, _suite(), _sources())
            recipe.prepare(new)
            new.rename(image)
        os.utime(image)
        for old in folder().glob("image-*"):
            if time.time() - old.stat().st_mtime > UNUSED_DAYS * 86400:
                shutil.rmtree(old)
    return image


@contextmanager
def locked(name: str) -> Iterator[None]:
    """Only one process of the machine at a time."""
    with open(folder() / name, "wb") as file:
        fcntl.flock(file, fcntl.LOCK_EX)
        yield


def _suite() -> str:
    return platform.freedesktop_os_release().get("VERSION_CODENAME", "stable")


def _sources() -> list[str]:
    """The machine's own apt sources that speak of its own release."""
    places = [Path("/etc/apt/sources.list"), *sorted(Path("/etc/apt/sources.list.d").glob("*"))]
    usable = [place for place in places if place.suffix in (".list", ".sources") and place.exists()]
    return [str(place) for place in usable if _suite() in place.read_text().replace("-", " ").split()]


def main() -> int:
    """Makes the image where it can; says loudly where it cannot. Fails in CI, where everything has to be tested."""
    reason = missing()
    if not reason:
        try:
            build()
        except subprocess.CalledProcessError as error:
            reason = f"there is no image for the boxes of real services: {error}\n{error.output[-4000:]}"
        except OSError as error:
            reason = f"there is no image for the boxes of real services: {error}"
    if reason:
        sys.stderr.write(f"*** NOT TESTED: {reason}\n")
    return 1 if reason and os.environ.get("CI") == "true" else 0


if __name__ == "__main__":
    os.umask(0o022)  # ordinary users read it
    sys.exit(main())
