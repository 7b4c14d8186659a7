"""Namespaces of a test's own. Whoever is within has its own links or mounts; threads and processes started within share them."""

import ctypes
import errno
import os
import time
from collections.abc import Iterator
from contextlib import contextmanager

CLONE_NEWNET = 0x40000000
CLONE_NEWNS = 0x00020000
MS_REC, MS_PRIVATE = 0x4000, 0x40000
_TRIES = 200
_LIBC = ctypes.CDLL(None, use_errno=True)


def call(name: str, *args: int | bytes | None) -> None:
    """A function of the C library; raises OSError."""
    if getattr(_LIBC, name)(*args) != 0:
        code = ctypes.get_errno()
        raise OSError(code, f"{name}: {os.strerror(code)}")


@contextmanager
def own_network() -> Iterator[None]:
    """Needs root. Only loopback is there, and it is down. This thread alone moves into it."""
    before = os.open("/proc/thread-self/ns/net", os.O_RDONLY | os.O_CLOEXEC)
    try:
        call("unshare", CLONE_NEWNET)
        yield
    finally:
        call("setns", before, CLONE_NEWNET)
        os.close(before)


@contextmanager
def own_mounts() -> Iterator[None]:
    """Needs root. What is mounted within is nowhere else, and gone afterwards."""
    here = os.getcwd()
    before = os.open("/proc/thread-self/ns/mnt", os.O_RDONLY | os.O_CLOEXEC)
    try:
        call("unshare", CLONE_NEWNS)
        call("mount", b"none", b"/", None, MS_REC | MS_PRIVATE, None)
        yield
    finally:
        _back_to(before)
        os.close(before)
        os.chdir(here)


def _back_to(mounts: int) -> None:
    """The kernel refuses for as long as another thread shares our root and folder; one that has been joined may not be quite gone yet."""
    for _ in range(_TRIES):
        try:
            call("setns", mounts, CLONE_NEWNS)
        except OSError as error:
            if error.errno != errno.EINVAL:
                raise
            time.sleep(0.01)
        else:
            return
    call("setns", mounts, CLONE_NEWNS)


def mount(source: bytes, target: bytes, kind: bytes, flags: int = 0, data: bytes = b"") -> None:
    """Raises OSError."""
    call("mount", source, target, kind, flags, data)


def unmount(target: bytes) -> None:
    """At once, whoever still uses it. Raises OSError."""
    call("umount2", target, 2)
