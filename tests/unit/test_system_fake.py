"""The fake that screens are drawn with keeps to the schema."""

from contextlib import aclosing

import msgspec

from services.system.fake import FINDINGS, NOW, SESSIONS, STATUS, FakeSystem, sample
from services.system.linux import LinuxSystem
from sutra_client import events
from sutra_client.gen.core import Finding, Severity
from sutra_client.gen.system import Sample, System


def test_both_backends_satisfy_the_protocol() -> None:
    backends: list[System] = [FakeSystem(), LinuxSystem()]
    assert [type(backend).__name__ for backend in backends] == ["FakeSystem", "LinuxSystem"]


async def test_what_it_says_survives_the_wire() -> None:
    fake = FakeSystem()
    for value in (await fake.status(), *await fake.users(), *FINDINGS, *await fake.history(10_000_000)):
        assert msgspec.msgpack.decode(msgspec.msgpack.encode(value), type=type(value)) == value
    assert (STATUS.hostname, len(SESSIONS)) == ("rpi-0042", 2)


async def test_its_samples_go_on_when_a_second_passes() -> None:
    fake = FakeSystem()
    async with aclosing(fake.samples(since=5_000_000)) as stream:
        history = await anext(stream)
        assert isinstance(history, events.Samples)
        assert [row.time for row in history.rows] == [NOW + second * 1_000_000 for second in range(-5, 1)]
        fake.tick()
        assert await anext(stream) == events.Samples[Sample]([sample(1)])


async def test_its_findings_come_and_go() -> None:
    fake = FakeSystem()
    finding = Finding("load", Severity.WARNING, "cpu", "load 9", "Look.", "", NOW)
    async with aclosing(fake.findings()) as stream:
        assert await anext(stream) == events.Snapshot[Finding](FINDINGS)
        fake.report(finding)
        assert await anext(stream) == events.Changed[Finding]([finding])
        fake.resolve("load")
        assert await anext(stream) == events.Removed([("load",)])
