"""Mounted file systems: which are looked at, and when they will be full."""

import errno
from collections.abc import Sequence

import pytest
from hypothesis import given
from hypothesis import strategies as st

from planted import PlantedKernel
from services.core.kernel import Usage
from services.core.mounts import measure, parse_fstab, parse_mountinfo, root_mount, unescaped, unwatched, watched
from services.system.filling import POINTS, Point, seconds_left

MOUNTINFO = b"""22 27 0:21 / /proc rw,relatime - proc proc rw
27 1 179:2 / / rw,relatime shared:1 - ext4 /dev/mmcblk0p2 rw,errors=remount-ro
30 27 179:1 / /boot\\040firmware rw,relatime - vfat /dev/mmcblk0p1 rw
31 27 179:2 /var/lib /srv/copy rw,relatime - ext4 /dev/mmcblk0p2 rw
32 27 0:50 / /mnt/nas rw,relatime - nfs4 server:/export rw,addr=10.0.0.1
33 27 0:51 / /mnt/ph\xfcne rw,relatime - fuse.sshfs ann@phone:/ rw
34 27 0:52 / /tmp rw - tmpfs tmpfs rw,size=1024k
35 27 7:0 / /snap/core ro - squashfs /dev/loop0 ro
36 27 0:53 / /var/lib/docker/overlay2/x/merged rw - overlay overlay rw
broken line - x
37 27 8:1 / /data ro,relatime - xfs /dev/sda1 rw
38 27 8:2 / /old ro,relatime - ext4 /dev/sda2 ro,errors=remount-ro
"""
COMPOSEFS = b"""27 1 0:40 / / ro,relatime - overlay composefs ro
28 27 8:3 / /sysroot ro,relatime - xfs /dev/sda3 rw
29 27 8:3 /ostree/deploy/fedora/var /var rw,relatime - xfs /dev/sda3 rw
"""


def test_a_mount_is_read_with_its_escapes_and_both_ways_of_being_read_only() -> None:
    mounts = {mount.point: mount for mount in parse_mountinfo(MOUNTINFO)}
    assert mounts["/boot firmware"].path == b"/boot firmware"
    assert mounts["/mnt/ph\\xfcne"].path == b"/mnt/ph\xfcne"
    assert mounts["/"].remounts
    assert (mounts["/data"].readonly, mounts["/data"].frozen) == (True, False)
    assert (mounts["/old"].readonly, mounts["/old"].frozen) == (True, True)


def test_what_is_mounted_over_another_hides_it() -> None:
    text = b"1 0 8:1 / /mnt rw - ext4 /dev/a rw\n2 1 8:2 / /mnt rw - xfs /dev/b rw\n"
    assert [mount.device for mount in parse_mountinfo(text)] == ["8:2"]


def test_only_local_file_systems_are_asked_and_each_once() -> None:
    assert [mount.point for mount in watched(parse_mountinfo(MOUNTINFO))] == ["/", "/boot firmware", "/tmp", "/data", "/old"]


def test_remote_file_systems_are_named_and_never_asked() -> None:
    sentences = unwatched(parse_mountinfo(MOUNTINFO))
    assert sentences == [
        "How full /mnt/nas is (nfs4) is not watched: asking could hang.",
        "How full /mnt/ph\\xfcne is (fuse.sshfs) is not watched: asking could hang.",
    ]


def test_the_root_figures_are_those_of_what_can_be_written() -> None:
    plain, image = root_mount(parse_mountinfo(MOUNTINFO)), root_mount(parse_mountinfo(COMPOSEFS))
    assert plain is not None and plain.point == "/"
    assert image is not None and image.point == "/var"
    assert root_mount([]) is None


def test_a_dying_disk_hides_only_itself() -> None:
    kernel = PlantedKernel()
    whole = Usage(1000, 500, 400, 10, 5)
    kernel.usages = {"/tmp": whole, "/data": OSError(errno.EIO, "Input/output error"), "/": whole}
    found = measure(watched(parse_mountinfo(MOUNTINFO)), kernel)
    assert set(found) == {"/", "/tmp"}


def test_fstab_says_what_is_to_be_writable() -> None:
    text = (
        b"# /x\nUUID=1 / ext4 defaults 0 1\n/dev/b /ro ext4 ro 0 0\n"
        b"/dev/c /may xfs noauto 0 0\n/dev/d /with\\040space vfat\nproc none swap sw\n"
    )
    assert parse_fstab(text) == {"/", "/with space"}


@given(st.binary(max_size=200) | st.text("0123456789\\ -/,:\nabcrw", max_size=200).map(str.encode))
def test_garbage_is_never_an_exception(text: bytes) -> None:
    for mount in parse_mountinfo(text):
        mount.point.encode()
        mount.kind.encode()
    parse_fstab(text)
    unescaped(text)


@given(st.binary(max_size=50))
def test_whatever_the_kernel_escapes_comes_back(name: bytes) -> None:
    escaped = b"".join(b"\\%03o" % letter if letter in b" \t\n\\" else bytes((letter,)) for letter in name)
    assert unescaped(escaped) == name


def line(slope: float, count: int = POINTS) -> list[Point]:
    return [(number * 30_000_000, int(1_000_000 + slope * 30 * number)) for number in range(count)]


def test_a_steady_growth_tells_when_the_file_system_is_full() -> None:
    left = seconds_left(line(1000.0), 6 * 3600 * 1000)
    assert left == pytest.approx(6 * 3600, rel=0.01)


@pytest.mark.parametrize(
    "trend",
    [[], line(1000.0, 5), line(0.0), line(-500.0), [*line(100_000.0, 20), *((at + 600_000_000, 5_000_000) for at, _ in line(0.0, 40))]],
    ids=["nothing", "two minutes", "no growth", "shrinking", "growth that ended"],
)
def test_without_a_lasting_growth_there_is_no_forecast(trend: Sequence[Point]) -> None:
    assert seconds_left(trend, 1_000_000_000) is None
