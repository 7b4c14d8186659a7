"""Logs as their sources write them, and programs that stand in for journalctl."""

import json
import os
import sys
from pathlib import Path

NOW = 1_790_000_000
KMSG = b"6,339,1338470,-;EXT4-fs (vda): mounted filesystem\n SUBSYSTEM=block\n DEVICE=b254:0\n"
"""One record: a regular file has no ends of records, as the device has."""
SYSLOG = (
    b"Nov  2 10:00:05 board sshd[812]: Accepted publickey for anna\n"
    b"2026-11-02T10:00:06.250000+00:00 board kernel: I/O error, dev sda, sector 8\n"
    b"<34>1 2026-11-02T10:00:07.003Z board su 77 ID47 - 'su root' failed\n"
)


def entry(number: int, message: object, **fields: object) -> dict[str, object]:
    """A journal entry as journalctl prints it."""
    return {
        "__CURSOR": f"s=1;i={number}",
        "__REALTIME_TIMESTAMP": str((NOW + number) * 1_000_000),
        "__MONOTONIC_TIMESTAMP": str(number * 1_000_000),
        "_BOOT_ID": "4c2f1d0a9b8e4f6db1f0a1b2c3d4e5f6",
        "MESSAGE": message,
        "PRIORITY": "6",
        "SYSLOG_IDENTIFIER": "sshd",
        "_PID": "812",
        "_SYSTEMD_UNIT": "ssh.service",
        "_TRANSPORT": "syslog",
        **fields,
    }


JOURNAL = "".join(json.dumps(entry(number, f"message {number}")) + "\n" for number in (1, 2, 3)).encode()

SCRIPT = """
import os, signal, sys
data = open({path!r}, "rb").read().splitlines(keepends=True)
count = next((int(word[8:]) for word in sys.argv if word.startswith("--lines=")), None)
if "--follow" in sys.argv:
    after = next((word[15:] for word in sys.argv if word.startswith("--after-cursor=")), "")
    begin = next((at + 1 for at, line in enumerate(data) if after and after.encode() in line), 0)
    os.write(1, b"".join(data[begin:]))
    signal.pause()
os.write(1, b"".join(data[::-1][:count]))
"""


def program(folder: Path, output: bytes) -> list[str]:
    """A command that answers as journalctl does about a journal that holds this and gets nothing more."""
    path = folder / "journal.json"
    path.write_bytes(output)
    return [sys.executable, "-c", SCRIPT.format(path=os.fspath(path))]


def says(code: str) -> list[str]:
    """A command that runs this and pays no heed to its arguments."""
    return [sys.executable, "-c", code]
