"""A systemd that answers some and then no more, over a real D-Bus daemon."""

import asyncio
import subprocess
import tempfile
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from typing import Any

import pytest
from dbus_fast import Message, MessageType, Variant
from dbus_fast.aio import MessageBus

from services.init.manager import NAME
from services.init.systemd import SystemdInit
from streams import first
from sutra_client import errors
from sutra_client.errors import SutraError

pytestmark = pytest.mark.needs("dbus-daemon")
CONFIG = """<!DOCTYPE busconfig PUBLIC "-//freedesktop//DTD D-BUS Bus Configuration 1.0//EN"
 "http://www.freedesktop.org/standards/dbus/1.0/busconfig.dtd">
<busconfig><type>system</type><listen>unix:path={path}</listen><auth>EXTERNAL</auth>
<policy context="default"><allow user="*"/><allow own="*"/><allow send_type="method_call"/><allow send_type="signal"/>
<allow send_type="method_return"/><allow send_type="error"/><allow receive_type="method_call"/><allow receive_type="signal"/>
<allow receive_type="method_return"/><allow receive_type="error"/></policy></busconfig>"""
UNIT = ["ssh.service", "x", "loaded", "active", "running", "", "/org/freedesktop/systemd1/unit/ssh_2eservice", 0, "", "/"]
Answer = Callable[[Message], Message | None]


@asynccontextmanager
async def bus() -> AsyncIterator[str]:
    """A daemon of its own; its socket's path."""
    with tempfile.TemporaryDirectory() as folder:
        path = f"{folder}/bus"
        config = f"{folder}/config"
        with open(config, "w", encoding="utf-8") as file:
            file.write(CONFIG.format(path=path))
        command = ["dbus-daemon", f"--config-file={config}", "--nofork", "--nopidfile", "--print-address=1"]
        daemon = await asyncio.create_subprocess_exec(*command, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL)
        assert daemon.stdout is not None
        await daemon.stdout.readline()
        try:
            yield path
        finally:
            daemon.terminate()
            await daemon.wait()


@asynccontextmanager
async def systemd(path: str, answer: Answer) -> AsyncIterator[None]:
    """What calls itself systemd there; a call without an answer stays open for ever."""
    connection = await MessageBus(bus_address=f"unix:path={path}").connect()

    def take(message: Message) -> Message | bool:
        if message.message_type is not MessageType.METHOD_CALL:
            return False
        return answer(message) or True

    connection.add_message_handler(take)
    await connection.request_name(NAME)
    try:
        yield
    finally:
        connection.disconnect()
        await connection.wait_for_disconnect()  # type: ignore[no-untyped-call]


def answering(**bodies: tuple[str, list[Any]]) -> Answer:
    def answer(message: Message) -> Message | None:
        if message.member == "Get" and message.body[1] == "UnitPath":
            return Message.new_method_return(message, "v", [Variant("as", ["/nonexistent"])])
        body = bodies.get(str(message.member))
        return Message.new_method_return(message, *body) if body is not None else None

    return answer


LISTS: dict[str, tuple[str, list[Any]]] = {
    "Subscribe": ("", []),
    "ListUnits": ("a(ssssssouso)", [[UNIT]]),
}


@pytest.mark.parametrize("silent", [["Subscribe"], ["ListUnits"], ["Get"]])
async def test_a_systemd_that_falls_silent_is_unavailable(silent: list[str]) -> None:
    async with bus() as path, systemd(path, answering(**{name: body for name, body in LISTS.items() if name not in silent})):
        with pytest.raises(SutraError) as refused:
            await first(SystemdInit({"system": path}, deadline=0.3).services())
    assert refused.value.code == errors.UNAVAILABLE
    assert "was not answered within 0.3 s" in refused.value.message


async def test_a_systemd_that_is_not_on_its_bus_is_waited_for_a_while(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("services.init.manager.GRACE", 0.05)
    async with bus() as path:
        with pytest.raises(SutraError) as refused:
            await first(SystemdInit({"system": path}, deadline=1).services())
    assert (refused.value.code, "is not on its bus" in refused.value.message) == (errors.UNAVAILABLE, True)


@pytest.mark.parametrize("body", [("s", ["nonsense"]), ("a(ss)", [[["a", "b"]]]), ("", [])])
async def test_a_systemd_that_answers_nonsense_ends_the_stream(body: tuple[str, list[Any]], capsys: pytest.CaptureFixture[str]) -> None:
    async with bus() as path, systemd(path, answering(**LISTS | {"ListUnits": body})):
        with pytest.raises(SutraError) as refused:
            await first(SystemdInit({"system": path}, deadline=1).services())
    assert refused.value.code in (errors.INTERNAL, errors.FAILED, errors.UNAVAILABLE)
    capsys.readouterr()


async def test_a_property_that_is_refused_is_absent_and_the_unit_is_shown() -> None:
    def answer(message: Message) -> Message | None:
        if message.member == "Get" and message.body[1] != "UnitPath":
            return Message.new_error(message, "org.freedesktop.DBus.Error.AccessDenied", "not for you")
        return answering(**LISTS)(message)

    async with bus() as path, systemd(path, answer):
        [row] = await first(SystemdInit({"system": path}, deadline=1).services())
    assert (row.name, row.sub, row.enabled, row.pid, row.since) == ("ssh.service", "running", None, None, None)
