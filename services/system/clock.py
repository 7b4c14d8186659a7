"""Whether wall time can be trusted, and which zone it is shown in."""

from services.core.kernel import Kernel
from services.core.release import PLACES, Release
from services.core.tree import Tree
from sutra_client.gen.system import ClockState

Y2020 = 1_577_836_800
"""Unix seconds: no system that runs this was built earlier."""
DAY = 86_400
_EPOCHS = ("/usr/lib/clock-epoch", *PLACES)


def clock_state(tree: Tree, kernel: Kernel, release: Release) -> tuple[ClockState, int | None]:
    """And the kernel's bound of the error in microseconds, while synchronised."""
    return judge(kernel.wall() // 1_000_000, built(tree, release), kernel)


def built(tree: Tree, release: Release) -> int:
    """Unix seconds after which the system was built, by the files that carry it; OSTree sets theirs to 0, so at least 2020."""
    places = _EPOCHS if release.source in (None, *_EPOCHS) else (*_EPOCHS, str(release.source))
    return max(Y2020, *(tree.modified(place) or 0 for place in places))


def judge(now: int, epoch: int, kernel: Kernel) -> tuple[ClockState, int | None]:
    """`now` and `epoch` in unix seconds. A day of grace: build machines are in other time zones and not all on time."""
    if now < max(Y2020, epoch - DAY):
        return ClockState.UNSET, None
    known = kernel.discipline()
    if known is None:
        return ClockState.UNKNOWN, None
    return (ClockState.SYNCHRONISED if known.synchronised else ClockState.UNSYNCHRONISED), known.error


def timezone(tree: Tree) -> str | None:
    """By /etc/localtime's target, else /etc/timezone. Where neither exists local time is UTC (localtime(5))."""
    target = tree.link("/etc/localtime")
    if target is not None:
        return target.partition("zoneinfo/")[2] or None
    named = tree.text("/etc/timezone")
    if named is not None:
        return named
    return None if tree.exists("/etc/localtime") else "UTC"
