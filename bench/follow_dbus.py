"""N subscribers of the D-Bus service's signal in one process: `python -m bench.follow_dbus ADDRESS N`; see follow_sutra."""

import asyncio
import sys

from dbus_fast import Message
from dbus_fast.aio import MessageBus
from dbus_fast.constants import MessageType

from bench import payload
from bench.follow import Counter, answer
from gen.example import Pair

RULE = f"type='signal',interface='{payload.INTERFACE}'"


async def follow(address: str, count: int) -> None:
    counter = Counter(count)

    def take(message: Message) -> None:
        if message.message_type is MessageType.SIGNAL and message.interface == payload.INTERFACE:
            Pair(*message.body[0])
            counter.add(1)

    for _ in range(count):
        bus = await MessageBus(bus_address=address).connect()
        bus.add_message_handler(take)
        rule = Message(
            destination="org.freedesktop.DBus", path="/org/freedesktop/DBus", interface="org.freedesktop.DBus", member="AddMatch",
            signature="s", body=[RULE],
        )  # fmt: skip
        reply = await bus.call(rule)
        if reply.message_type is not MessageType.METHOD_RETURN:
            raise RuntimeError(f"AddMatch: {reply}")
    await answer(counter, [])


if __name__ == "__main__":
    asyncio.run(follow(sys.argv[1], int(sys.argv[2])))
