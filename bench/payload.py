"""What is sent on both sides: the same values, as a generated Struct and as a D-Bus structure."""

from gen.example import Active, Pair, Thing

ROWS = 500
STATUS_BYTES = 917
EVENT_BYTES = 101
NAME, PATH, INTERFACE = "dev.avyctl.bench", "/dev/avyctl/bench", "dev.avyctl.Bench"
SIGNATURE = "(ssutdttayasssa(sts)a{ss})"
PAIR = "(sqs)"


def row(number: int) -> Thing:
    """About 102 bytes of msgpack."""
    return Thing(
        f"thing-{number:04}.service", Active.ACTIVE, 1000 + number, 5_000_000_000 + number, 1.5, 7_200_000_000,
        1_700_000_000_000_000 + number, b"/usr/lib/things/thing", ["LANG=C.UTF-8"], "started",
    )  # fmt: skip


def status() -> Thing:
    """About 917 bytes: the reply of a small call."""
    one = row(0)
    return Thing(
        one.name, one.active, one.uid, one.memory, one.cpu, one.uptime, one.changed, one.path,
        [f"VARIABLE_{number}={'x' * 24}" for number in range(10)], "y" * 380,
    )  # fmt: skip


def structure(thing: Thing) -> list[object]:
    """The same, as dbus-fast wants it; D-Bus has no absent values, so none is used here."""
    parts = [[part.name, part.size, part.active.value] for part in thing.parts]
    fields = [thing.name, thing.active.value, thing.uid, thing.memory, thing.cpu, thing.uptime, thing.changed, thing.path]
    return [*fields, thing.environment, thing.journal, thing.token or "", parts, thing.labels]


def event(number: int, turn: int) -> Pair:
    """A changed row of about 101 bytes, unlike the one of any other turn."""
    return Pair("host.example", number, f"{turn:010}" + "z" * 72)
