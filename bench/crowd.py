"""Many processes that do nothing, in a process group of their own: `python -m bench.crowd COUNT`, until its standard input ends."""

import os
import shutil
import signal
import sys

SECONDS = "600"
"""They end by themselves in the end, should whoever started them be killed."""


def main(count: int) -> None:
    """Prints a line when all of them run, and ends each by its pid."""
    sleep = shutil.which("sleep")
    assert sleep is not None
    pids: list[int] = []
    try:
        for _ in range(count):
            pids.append(os.posix_spawn(sleep, [sleep, SECONDS], {}, setpgroup=pids[0] if pids else 0))
        print("ready", flush=True)
        sys.stdin.read()
    finally:
        for pid in pids:
            os.kill(pid, signal.SIGKILL)
        for pid in pids:
            os.waitpid(pid, 0)


if __name__ == "__main__":
    main(int(sys.argv[1]))
