"""One D-Bus connection on which nothing waits for ever, and whose failures are SutraErrors in words."""

import asyncio
import logging
from collections.abc import Callable
from typing import Any
from urllib.parse import quote

from dbus_fast import AuthError, Message, MessageFlag, MessageType, unpack_variants
from dbus_fast.aio import MessageBus

from sutra_client import errors
from sutra_client.errors import SutraError

DEADLINE = 5.0
"""Seconds for a connection, and for each answer."""
DRIVER = "org.freedesktop.DBus"
_DENIED = ("AccessDenied", "InteractiveAuthorizationRequired", "AuthFailed")
_ABSENT = ("ServiceUnknown", "NameHasNoOwner", "Spawn.ChildExited", "Disconnected", "NoReply")

# What dbus_fast logs it also raises; on stderr it would stand in the middle of the screen.
logging.getLogger("dbus_fast").addHandler(logging.NullHandler())
logging.getLogger("dbus_fast").propagate = False

Handler = Callable[[str, str, str, list[Any]], None]
"""Gets a signal's path, interface, member and body."""


class Bus:
    """A connection to the bus at a socket; `async with` opens and closes it. `name` is the one service that is called on it."""

    def __init__(self, path: str, name: str, deadline: float = DEADLINE) -> None:
        self._path = path
        self._name = name
        self._deadline = deadline
        self._bus: MessageBus | None = None
        self._gone: asyncio.Future[None] | None = None

    async def __aenter__(self) -> "Bus":
        """Raises SutraError UNAVAILABLE, or DENIED where the socket is not for this user."""
        bus = MessageBus(bus_address="unix:path=" + quote(self._path, safe="/-_."))
        try:
            async with asyncio.timeout(self._deadline):
                await bus.connect()
        except TimeoutError:
            raise self._unavailable(f"it accepts connections and does not answer within {self._deadline:g} s") from None
        except AuthError as error:
            raise self._unavailable(f"it refuses this user ({error})") from error
        except PermissionError as error:
            message = f"the bus at {self._path} cannot be used: this user may not connect to it"
            raise SutraError(errors.DENIED, message, "who may is a matter of its socket's and folder's permissions: try as root") from error
        except OSError as error:
            raise self._unavailable(error.strerror or str(error)) from error
        except Exception as error:  # whatever the parsing of garbage came upon
            raise self._unavailable("what it answers is not D-Bus") from error
        self._bus = bus
        self._gone = asyncio.ensure_future(_ended(bus))
        return self

    async def __aexit__(self, *exception: object) -> None:
        assert self._bus is not None and self._gone is not None
        self._bus.disconnect()
        await asyncio.wait([self._gone], timeout=1)
        self._gone.cancel()

    @property
    def connected(self) -> bool:
        """False once the connection is lost."""
        return self._gone is not None and not self._gone.done()

    def when_gone(self, told: Callable[[], None]) -> None:
        """Calls `told` once the connection is lost."""
        assert self._gone is not None
        self._gone.add_done_callback(lambda _: told())

    async def listen(self, handler: Handler, *rules: str) -> None:
        """Signals that match one of the rules go to `handler`, from now on."""
        assert self._bus is not None

        def take(message: Message) -> None:
            if message.message_type is MessageType.SIGNAL:
                handler(message.path or "", message.interface or "", message.member or "", unpack_variants(message.body))

        self._bus.add_message_handler(take)
        for rule in rules:
            await self._ask(DRIVER, "/org/freedesktop/DBus", DRIVER, "AddMatch", "s", [f"type='signal',{rule}"])

    async def owned(self) -> bool:
        """Whether the service is on the bus now."""
        [owned] = await self._ask(DRIVER, "/org/freedesktop/DBus", DRIVER, "NameHasOwner", "s", [self._name])
        return bool(owned)

    async def call(self, path: str, interface: str, member: str, signature: str = "", body: list[Any] | None = None) -> list[Any]:
        """The reply's values without their variants; raises SutraError UNAVAILABLE, DENIED, NOT_FOUND or FAILED."""
        return await self._ask(self._name, path, interface, member, signature, body or [])

    async def get(self, path: str, interface: str, name: str) -> Any:
        """One property."""
        [value] = await self.call(path, "org.freedesktop.DBus.Properties", "Get", "ss", [interface, name])
        return value

    async def get_all(self, path: str, interface: str) -> dict[str, Any]:
        """Every property of an interface."""
        [values] = await self.call(path, "org.freedesktop.DBus.Properties", "GetAll", "s", [interface])
        return dict(values)

    async def _ask(self, name: str, path: str, interface: str, member: str, signature: str, body: list[Any]) -> list[Any]:
        bus = self._bus
        assert bus is not None
        if not bus.connected:
            raise self._unavailable("the connection is lost")
        message = Message(name, path, interface, member, signature=signature, body=body, flags=MessageFlag.NO_AUTOSTART)
        try:
            async with asyncio.timeout(self._deadline):
                reply = await bus.call(message)
        except TimeoutError:
            raise self._unavailable(f"{interface}.{member} was not answered within {self._deadline:g} s") from None
        except Exception as error:  # whatever ended the connection
            raise self._unavailable("the connection was lost") from error
        if reply.message_type is MessageType.ERROR:
            raise self._refused(reply, member)
        return list(unpack_variants(reply.body))

    def _refused(self, reply: Message, member: str) -> SutraError:
        name = str(reply.error_name)
        words = str(reply.body[0]) if reply.body else name
        if name.endswith(_DENIED):
            return SutraError(errors.DENIED, f"{self._name}: {member} was refused: {words}")
        if name.startswith(DRIVER) and name.endswith(_ABSENT):
            return self._unavailable(f"{self._name} is not on it: {words}")
        if name.endswith(("NoSuchUnit", "UnknownObject")):
            return SutraError(errors.NOT_FOUND, words)
        return SutraError(errors.FAILED, f"{self._name}: {member} failed: {words}")

    def _unavailable(self, why: str) -> SutraError:
        return SutraError(
            errors.UNAVAILABLE, f"the bus at {self._path} cannot be used: {why}", "it is tried again while something waits for it"
        )


async def _ended(bus: MessageBus) -> None:
    """Whatever ended it: the calls that were under way have been told."""
    try:
        await bus.wait_for_disconnect()  # type: ignore[no-untyped-call]
    except Exception:  # noqa: BLE001 - the reason of a lost connection is of no use to anybody once it is lost
        return
