"""What generated bindings promise: both ends satisfy one Protocol, and old and new peers understand each other."""

import importlib.util
import re
import sys
from collections.abc import AsyncIterator
from pathlib import Path
from types import ModuleType
from typing import cast

import msgspec
import pytest

from fakes import FakeExample, thing
from gen import example, example_table
from lamps import GOOD, LAMP_FIELDS, changed, write
from sutra_client import events, runtime
from sutra_client.gen import core
from tools.apigen.__main__ import main

SAMPLE = example.Echo(
    True, -128, -32768, -(2**31), -(2**63), 255, 65535, 2**32 - 1, 2**64 - 1,
    0.25, "漢", b"\xff\x00", 1, 2, example.Active.AUTO_RESTART,
    example.Part("wheel", 3), [example.Part("axle", 4)], {"one": -1}, [[1], [], [2, 3]],
    maybe_parts=[example.Part("bolt", 5, example.Active.ACTIVE)],
)  # fmt: skip


class Recorder:
    """A connection that keeps what it is asked, and answers with one thing."""

    def __init__(self) -> None:
        self.asked: list[tuple[int, tuple[object, ...]]] = []

    async def call(self, call: runtime.Call[msgspec.Struct, object], args: msgspec.Struct, /) -> object:
        self.asked.append((call.opcode, msgspec.structs.astuple(args)))
        return thing("a")

    async def table(self, stream: runtime.Stream[msgspec.Struct, object], args: msgspec.Struct, /) -> AsyncIterator[object]:
        self.asked.append((stream.opcode, msgspec.structs.astuple(args)))
        yield events.Snapshot([])


@pytest.fixture
def version(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> "Versions":
    return Versions(tmp_path, monkeypatch)


class Versions:
    """Generates and imports bindings of several versions of one schema."""

    def __init__(self, folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        self._folder = folder
        self._monkeypatch = monkeypatch

    def make(self, name: str, schema: object) -> ModuleType:
        package = f"lamps_{name}"
        out = self._folder / package
        api = write(self._make(self._folder / name), schema).parents[1]
        assert main(["--api", str(api), "--out", str(out), "--package", package]) == 0
        self._monkeypatch.syspath_prepend(str(self._folder))
        spec = importlib.util.spec_from_file_location(f"{package}.lamps", out / "lamps.py")
        assert spec
        assert spec.loader
        module = importlib.util.module_from_spec(spec)
        self._monkeypatch.setitem(sys.modules, spec.name, module)
        spec.loader.exec_module(module)
        return module

    @staticmethod
    def _make(folder: Path) -> Path:
        folder.mkdir()
        return folder


def struct(module: ModuleType, name: str) -> type[msgspec.Struct]:
    kind = getattr(module, name)
    assert isinstance(kind, type)
    assert issubclass(kind, msgspec.Struct)
    return kind


def test_a_value_of_every_type_survives_the_wire() -> None:
    assert msgspec.msgpack.decode(msgspec.msgpack.encode(SAMPLE), type=example.Echo) == SAMPLE


def test_defaults_are_those_of_the_schema() -> None:
    assert (SAMPLE.maybe, SAMPLE.count, SAMPLE.mode, SAMPLE.raw, SAMPLE.share, SAMPLE.word) == (
        None,
        5,
        example.Active.FAILED,
        b'"\\',
        1.0,
        'it\'s "so"',
    )


def test_lists_that_default_to_empty_are_not_shared() -> None:
    first, second = example.Thing("a", example.Active.ACTIVE, 0), example.Thing("b", example.Active.ACTIVE, 0)
    assert first.parts == second.parts == []
    assert first.parts is not second.parts


def test_types_that_hold_themselves_survive_the_wire() -> None:
    tree = example.Node("root", [example.Node("leaf")], example.Node("beside"))
    assert msgspec.msgpack.decode(msgspec.msgpack.encode(tree), type=example.Node) == tree


def test_an_old_peer_passes_over_fields_it_does_not_know(version: Versions) -> None:
    old = version.make("old", GOOD)
    new = version.make("new", changed(("types.Lamp.fields", [*LAMP_FIELDS, {"name": "room", "type": "string?", "doc": "Where."}])))
    wire = msgspec.msgpack.encode(struct(new, "Lamp")("desk", "on", 1000, 5.0, "hall"))
    lamp = msgspec.msgpack.decode(wire, type=struct(old, "Lamp"))
    assert msgspec.structs.astuple(lamp) == ("desk", "on", 1000, 5.0)


def test_a_new_peer_fills_in_fields_that_an_old_one_does_not_send(version: Versions) -> None:
    room = {"name": "room", "type": "string", "doc": "Where.", "default": "hall"}
    old = version.make("old", GOOD)
    new = version.make("new", changed(("types.Lamp.fields", [*LAMP_FIELDS, room]), ("methods.1.in", [room])))
    lamp = msgspec.msgpack.decode(msgspec.msgpack.encode(struct(old, "Lamp")("desk", "on", 1000)), type=struct(new, "Lamp"))
    assert msgspec.structs.astuple(lamp) == ("desk", "on", 1000, None, "hall")
    arguments = msgspec.msgpack.decode(msgspec.msgpack.encode(runtime.NoArgs()), type=struct(new, "_SwitchArgs"))
    assert msgspec.structs.astuple(arguments) == ("hall",)


def test_an_enum_value_from_a_newer_peer_keeps_its_text(version: Versions) -> None:
    old = version.make("old", GOOD)
    new = version.make("new", changed(("enums.State.values", ["on", "off", "dimmed"])))
    wire = msgspec.msgpack.encode(struct(new, "Lamp")("desk", new.State.DIMMED, 1000))
    lamp = msgspec.msgpack.decode(wire, type=struct(old, "Lamp"))
    _, state, *_ = msgspec.structs.astuple(lamp)
    assert isinstance(state, old.State)
    assert (state.name, str(state), state == "dimmed") == ("Unknown", "dimmed", True)
    assert msgspec.msgpack.encode(lamp) == wire


def test_the_service_describes_every_method_and_stream_of_the_protocol() -> None:
    service = example.SERVICE
    assert (service.id, service.noun, service.fingerprint) == ("dev.avyctl.example", "things", example_table.FINGERPRINT)
    assert service.schema is example_table.SCHEMA
    described = {(call.opcode, call.name) for call in service.calls} | {(stream.opcode, stream.name) for stream in service.streams}
    assert described == {(entry[1], entry[2]) for entry in example_table.ENTRIES.values()}
    for name in (name for _, name in described):
        assert callable(getattr(example.Example, name))
        assert callable(getattr(example.ExampleClient, name))


def test_the_table_says_what_the_command_line_needs() -> None:
    kind, opcode, name, _, role, ins, out, key, flags, result = example_table.ENTRIES["label set"]
    assert (kind, opcode, name, role, out, key, flags, result) == (
        "call",
        11,
        "set_label",
        "operator",
        "Thing",
        (),
        "changes risk:disruptive",
        "",
    )
    assert [(field[0], field[1], field[5], field[6]) for field in ins] == [
        ("name", "string", "Thing.name", "required"),
        ("label", "string", "", "required"),
        ("value", "string", "", "required"),
        ("password", "string?", "", "secret"),
    ]
    flags_by_field = {field[0]: field[6] for field in example_table.TYPES["Thing"]}
    assert flags_by_field["environment"] == "wide own"
    assert flags_by_field["journal"] == "wide group:systemd-journal"
    assert example_table.ENTRIES["forget"][8] == "changes frees risk:destructive"
    assert example_table.ENTRIES["pair list"][7] == ("host", "port")
    assert example_table.ENTRIES["work"][6::3] == ("Operation", "Thing")
    assert {"Operation", "Step", "Finding"} <= example_table.TYPES.keys()
    assert "Plan" not in example_table.TYPES


async def test_a_backend_is_the_protocol_that_a_client_is() -> None:
    backend: example.Example = FakeExample((thing("a"),))
    client: type[example.Example] = example.ExampleClient
    assert client is example.ExampleClient
    assert (await backend.get("a")).name == "a"
    assert await backend.echo(*msgspec.structs.astuple(SAMPLE)) == SAMPLE
    stream = backend.things()
    assert await anext(stream) == events.Snapshot([thing("a")])


async def test_the_client_sends_opcode_and_arguments_in_the_order_of_the_schema() -> None:
    connection = Recorder()
    client = example.ExampleClient(cast("runtime.Connection", connection))
    assert await client.set_label(name="a", value="red", label="colour") == thing("a")
    assert await anext(client.pairs(host="localhost", where=[("port", ">", 1)])) == events.Snapshot([])
    assert connection.asked == [(11, ("a", "colour", "red", None)), (101, ([("port", ">", 1)], [], "localhost"))]


async def test_an_operation_ends_with_its_result() -> None:
    backend: example.Example = FakeExample((thing("a"),))
    work: AsyncIterator[events.OperationEvent[core.Operation, example.Thing]] = backend.work("a", 2)
    seen = [event async for event in work]
    assert [type(event) for event in seen] == [events.Progress, events.Progress, events.Done]
    assert seen[-1] == events.Done(thing("a"))


def test_generated_docs_name_units_and_secrets() -> None:
    source = Path(example.__file__ or "").read_text("utf-8")
    assert re.search(r'size: int\n    """Its size; unit: B\."""', source)
    assert '"""What it logs in with; secret."""' in source
