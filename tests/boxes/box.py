"""One booted systemd with its own network, processes and file system: what a test does in it and how it is reached from outside."""

import itertools
import os
import select
import subprocess
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path

from boxes import image, reaping, recipe
from boxes.bound import AVYCTL, PROJECT, bound
from oneshots import Ended
from ptys import Terminal

START_LIMIT = 50.0
LONGEST = 30.0
"""Seconds after which a command inside is ended, unless the test says otherwise."""

_numbers = itertools.count(1)


class NoBox(Exception):
    """No box came up; says what was on its console."""


class Box:
    """A box that runs. `with Box.start() as box:` where a fixture does not suit; it is gone at the end, whatever runs in it."""

    def __init__(self, folder: Path, keeper: "subprocess.Popen[str]", pid: int) -> None:
        self.name = folder.name
        self.pid = pid
        """Of its init, in the machine's numbers."""
        self.root = Path(f"/proc/{pid}/root")
        """Its file system; what is in /proc, /sys and /dev there is the box's too. Absolute symbolic links in it lead outside."""
        self.bus = f"unix:path=/proc/{pid}/root/run/dbus/system_bus_socket"
        """The address of its system bus, which a root test process may use. NetworkManager answers reads only, from outside."""
        self.keeper = keeper
        # What enters from outside would bring along what the box was not given: CAP_SYS_TIME above all, the clock being the machine's.
        barred = _capabilities("self") & ~_capabilities(str(pid)) if pid else 0
        self._barred = ",".join(f"-cap_{number}" for number in range(64) if barred >> number & 1)

    @classmethod
    def start(cls, devices: bool = False) -> "Box":
        """Boots one in a second or so. `devices` runs udevd in it, which UDisks2 needs.

        It then sees the machine's disks too, but has nodes of loop devices alone.

        Raises NoBox.
        """
        folder, lock = reaping.claim(f"b{os.getpid()}-{next(_numbers)}")
        command = ["unshare", "--mount", "--propagation", "private", sys.executable, "-S", "-m", "boxes.keeper"]
        command += [str(folder), str(image.path()), "devices" if devices else "plain", *bound()]
        try:
            keeper = subprocess.Popen(
                command,
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                env={"PATH": os.environ["PATH"], "PYTHONPATH": str(PROJECT / "tests"), "AVYCTL_TESTBED": str(image.folder())},
                start_new_session=True,  # a Ctrl-C is for the tests
                pass_fds=[lock],
                text=True,
            )
        finally:
            os.close(lock)
        assert keeper.stdout is not None
        said = keeper.stdout.readline().strip() if select.select([keeper.stdout], [], [], START_LIMIT)[0] else "its keeper says nothing"
        box = cls(folder, keeper, int(said) if said.isdecimal() else 0)
        if not box.pid:
            box.stop()
            raise NoBox(said or "its keeper ended; why is on standard error")
        return box

    def __enter__(self) -> "Box":
        return self

    def __exit__(self, *exception: object) -> None:
        self.stop()

    def stop(self) -> None:
        """Ends it at once; waits until nothing of it is left."""
        for pipe in (self.keeper.stdin, self.keeper.stdout):
            assert pipe is not None
            pipe.close()
        self.keeper.wait()

    def run(
        self,
        argv: Sequence[str],
        user: str = "root",
        stdin: bytes = b"",
        timeout: float = LONGEST,
        check: bool = False,
        env: Mapping[str, str] | None = None,
    ) -> Ended:
        """A command inside, as root or one of recipe.USERS, in an environment of its own.

        After `timeout` it is killed and TimeoutExpired raised. It belongs to no login session and to no unit; `login` gives one that does.
        `check` fails the test when it fails.
        """
        command = self.entered(argv, user, env)
        done = subprocess.run(command, input=stdin, capture_output=True, timeout=timeout, check=False, start_new_session=True)
        ended = Ended(done.returncode, done.stdout, done.stderr)
        assert not check or ended.code == 0, f"{' '.join(argv)} in the box: {ended}"
        return ended

    def text(self, *argv: str) -> str:
        """What a command that must succeed prints, run as root."""
        return self.run(argv, check=True).out.decode()

    def spawn(
        self, argv: Sequence[str], user: str = "root", env: Mapping[str, str] | None = None, last: str = "KILL"
    ) -> "subprocess.Popen[bytes]":
        """A command inside that runs on, with pipes. The test kills it and waits; the command itself then gets the signal `last`."""
        pipe = subprocess.PIPE
        command = self.entered(argv, user, env, last)
        # Its own session: tests/leaks.py then waits for what is orphaned when this dies, and nothing unwaited-for keeps a box from ending.
        return subprocess.Popen(command, stdin=pipe, stdout=pipe, stderr=pipe, start_new_session=True)

    def avyctl(self, *words: str, user: str = "root", stdin: bytes = b"", env: Mapping[str, str] | None = None) -> Ended:
        """A one-shot of this very checkout, inside, on the interpreter that runs the tests."""
        return self.run([AVYCTL, *words], user, stdin, env=env)

    def terminal(self, *words: str, user: str = "root", size: tuple[int, int] = (80, 24), term: str = "xterm-256color") -> Terminal:
        """avyctl inside on a pseudo-terminal of the machine: the TUI without words. To be used by `with`."""
        return self.on_terminal(self.entered([AVYCTL, *words], user, {"TERM": term}), size)

    def login(self, user: str, *argv: str, tty: bool = False) -> list[str]:
        """The command that logs `user` in over ssh inside the box and runs `argv`: a session of logind's, for `run` and `on_terminal`."""
        # -tt: a terminal even where standard input is none
        return ["ssh", *(["-tt"] if tty else []), "-i", "/root/.ssh/id_ed25519", f"{user}@127.0.0.1", *argv]

    def on_terminal(self, command: Sequence[str], size: tuple[int, int] = (80, 24)) -> Terminal:
        """What `entered` made, on a pseudo-terminal."""
        return Terminal(["-IS", "-c", "import os, sys; os.execvp(sys.argv[1], sys.argv[1:])", *command], size, {"PATH": os.environ["PATH"]})

    def entered(self, argv: Sequence[str], user: str = "root", env: Mapping[str, str] | None = None, last: str = "KILL") -> list[str]:
        """The command that runs `argv` inside; `last` is the signal that it gets when this one dies."""
        home = "/root" if user == "root" else f"/home/{user}"
        path = "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"
        uid = 0 if user == "root" else recipe.USERS[user][0]
        variables = {"PATH": path, "HOME": home, "USER": user, "LOGNAME": user, "LANG": "C.UTF-8", "TERM": "dumb"}
        variables |= {"XDG_RUNTIME_DIR": f"/run/user/{uid}"} if (self.root / f"run/user/{uid}").is_dir() else {}
        variables |= env or {}
        person = ["--reuid", str(uid), "--regid", str(uid), "--init-groups", "--bounding-set", self._barred]
        into = ["nsenter", "-t", str(self.pid), "-a", "setpriv", *person, "--pdeathsig", last]
        return [*into, "env", "-i", *(f"{name}={value}" for name, value in variables.items()), *argv]


def _capabilities(process: str) -> int:
    """The bounding set."""
    lines = Path(f"/proc/{process}/status").read_text().splitlines()
    return next(int(line.split()[1], 16) for line in lines if line.startswith("CapBnd:"))
