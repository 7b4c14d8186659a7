"""Asks file systems how full they are, in a process that may be left behind when one of them never answers.

Started as a program of its own: a path in hexadecimal a line on stdin, its figures or `E` and the error's number a line on stdout.
"""

import posix
import sys


def main() -> None:
    """Ends with its stdin."""
    for line in sys.stdin.buffer:
        try:
            found = posix.statvfs(bytes.fromhex(line.decode("ascii")))
        except OSError as error:
            answer = f"E {error.errno}"
        else:
            size = found.f_frsize or found.f_bsize
            used = (found.f_blocks - found.f_bfree) * size
            answer = f"{found.f_blocks * size} {used} {found.f_bavail * size} {found.f_files} {found.f_ffree}"
        posix.write(1, answer.encode() + b"\n")


if __name__ == "__main__":
    main()
