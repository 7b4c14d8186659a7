"""What s6-supervise writes about a service."""

import struct

TAI = (1 << 62) + 37
RUNNING = 0b1100
"""Wanted up, and ready."""


def status(pid: int = 0, wait_status: int = 0, flags: int = RUNNING, changed: int = 1_790_000_000, group: bool = False) -> bytes:
    """supervise/status; `changed` in unix seconds, `group` adds the process group as s6 2.13 does."""
    stamp = struct.pack(">QI", TAI + changed, 500_000_000)
    return stamp + stamp + struct.pack(">Q", pid) + (struct.pack(">Q", pid) if group else b"") + struct.pack(">HB", wait_status, flags)
