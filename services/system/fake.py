"""A host that never changes unless a test says so; not in the wheel."""

from collections.abc import AsyncGenerator

from services.core.fake import Feed
from sutra_client import events
from sutra_client.gen.core import Finding, Severity
from sutra_client.gen.system import (
    Address,
    ClockState,
    DiskRate,
    Fan,
    HostSystem,
    InitSystem,
    LinkRate,
    Pressure,
    Sample,
    Session,
    Status,
    Temperature,
)

NOW = 1_790_000_000_000_000
"""Wall time of the newest sample: 2026-09-21 14:13:20 UTC."""
UPTIME = 12 * 86_400_000_000
SECOND = 1_000_000
STATUS = Status(
    hostname="rpi-0042",
    os="AerynOS 2026.10",
    kind=HostSystem.AERYNOS,
    host_reason="/usr/.stateID names moss state 42",
    kernel="6.12.40",
    architecture="aarch64",
    init=InitSystem.SYSTEMD,
    cpus=4,
    clock=ClockState.SYNCHRONISED,
    addresses=[Address("eth0", "192.168.7.42", 24), Address("eth0", "2001:db8::42", 64)],
    unseen=["How full /mnt/nas is (nfs4) is not watched: asking could hang."],
    os_name="AerynOS",
    os_id="aerynos",
    os_version="2026.10",
    os_source="/etc/os-release",
    init_name="systemd",
    boot_time=NOW - UPTIME,
    uptime=UPTIME,
    boot_id="6d0c1c2a-52d1-4a9e-9d0f-2b6c8a3f4e51",
    board="Raspberry Pi 4 Model B Rev 1.4",
    load1=0.12,
    load5=0.20,
    load15=0.18,
    memory_total=3_972_844_748,
    memory_available=2_463_163_743,
    swap_total=0,
    swap_used=0,
    users=2,
    clock_error=5_200,
    timezone="Europe/Berlin",
    pressure=Pressure(0.0, 0.0, 0.0),
)
SESSIONS = [
    Session("root", "tty1", None, NOW - 3_600 * SECOND, 812),
    Session("ann", "pts/0", "10.0.0.9", NOW - 600 * SECOND, 4_711),
]
FINDINGS = [
    Finding(
        "full:/var",
        Severity.WARNING,
        "/var",
        "92 % full, full in about 6 h at this rate",
        "Remove or move what is not needed.",
        "",
        NOW - 1_800 * SECOND,
    ),
    Finding(
        "clock",
        Severity.WARNING,
        "clock",
        "not synchronised",
        "Start a time service, or check that it reaches its servers.",
        "avyctl system status",
        NOW - 2 * 86_400 * SECOND,
    ),
]
_WAVE = (4.0, 5.5, 7.0, 12.5, 38.0, 71.5, 44.0, 18.0, 9.0, 6.0)


def sample(number: int) -> Sample:
    """The one of `number` seconds after NOW; the load runs through a wave of ten, all else stands still."""
    busy = _WAVE[number % len(_WAVE)]
    return Sample(
        boottime=UPTIME + number * SECOND,
        time=NOW + number * SECOND,
        cores=[busy, busy / 2, busy / 2, 0.0],
        disks=[DiskRate("mmcblk0", 0, 215_040, 3.0)],
        links=[LinkRate("eth0", True, 1_258_291, 86_016), LinkRate("wlan0", False, 0, 0)],
        temperatures=[Temperature("cpu-thermal", "", 52.1, None, 110.0)],
        fans=[Fan("pwmfan", "", 1800)],
        cpu=busy,
        cpu_user=busy / 2,
        cpu_nice=0.0,
        cpu_system=busy / 2,
        cpu_iowait=0.5,
        load1=0.12,
        load5=0.20,
        load15=0.18,
        memory_total=3_972_844_748,
        memory_used=1_509_681_005,
        memory_available=2_463_163_743,
        memory_cached=1_210_000_000,
        swap_total=0,
        swap_used=0,
        pressure_cpu=0.0,
        pressure_memory=0.0,
        pressure_io=0.0,
        disk_read=0,
        disk_write=215_040,
        disk_busy=3.0,
        network_rx=1_258_291,
        network_tx=86_016,
        throttled=False,
        undervoltage=False,
        root_total=31_138_512_896,
        root_used=18_252_000_000,
        root_use=61.0,
        root_path="/",
    )


class FakeSystem:
    """Implements the Protocol System. tick(), report() and resolve() reach those who read its streams."""

    def __init__(self, status: Status = STATUS, findings: list[Finding] = FINDINGS) -> None:
        self.unseen = status.unseen
        self._status = status
        self._findings = {finding.id: finding for finding in findings}
        self._number = 0
        self._samples: Feed[events.SamplesEvent[Sample]] = Feed()
        self._tables: Feed[events.TableEvent[Finding]] = Feed()

    async def start(self, keep: bool = False) -> None:
        """Nothing to do."""

    async def stop(self) -> None:
        """Nothing to undo."""

    async def status(self) -> Status:
        return self._status

    async def users(self) -> list[Session]:
        return SESSIONS

    async def history(self, since: int | None = None) -> list[Sample]:
        """An hour of seconds, however far back is asked for."""
        return self._past(since)

    def _past(self, since: int | None) -> list[Sample]:
        length = 3600 if since is None else min(3600, since // SECOND)
        return [sample(number) for number in range(self._number - length, self._number + 1)]

    def samples(self, since: int | None = None) -> AsyncGenerator[events.SamplesEvent[Sample], None]:
        return self._samples.follow(lambda: [events.Samples(self._past(since or 0))])

    def findings(
        self, where: events.Where = events.NO_WHERE, fields: list[str] = events.NO_FIELDS
    ) -> AsyncGenerator[events.TableEvent[Finding], None]:
        return self._tables.follow(lambda: [events.Snapshot(list(self._findings.values()))])

    def tick(self) -> None:
        """A second passes."""
        self._number += 1
        self._samples.send(events.Samples([sample(self._number)]))

    def report(self, finding: Finding) -> None:
        """A finding is new or different."""
        self._findings[finding.id] = finding
        self._tables.send(events.Changed([finding]))

    def resolve(self, identity: str) -> None:
        """A finding is over."""
        del self._findings[identity]
        self._tables.send(events.Removed([(identity,)]))
