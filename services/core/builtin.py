"""The calls and streams that every service answers, whatever its schema."""

import asyncio
from collections.abc import AsyncIterator, Callable, Iterable, Iterator
from typing import Any, Protocol

import msgspec

from services.core import authority, counting
from services.core.bound import Bound, BoundCall, BoundStream
from services.core.counting import Count, Rates
from services.core.instant import instant
from services.core.peer import caller
from services.core.session import Session
from services.core.sight import Eyes
from sutra_client import events, runtime
from sutra_client.gen import core

PERIOD = 1.0
"""Seconds between two looks at the counts, while somebody listens."""
_BUILT_IN = 0xFF00


class Host(Protocol):
    """What the built-in calls tell about."""

    service: runtime.Service
    bound: Bound
    sessions: set[Session]
    started: int


class Builtin:
    """Implements core.Core for one service."""

    def __init__(self, host: Host, about: Callable[[], core.About]) -> None:
        self._host = host
        self._about = about
        self._verbs: dict[int, str] = {}

    @instant
    async def introspect(self) -> str:
        return self._host.service.schema

    @instant
    async def about(self) -> core.About:
        return self._about()

    @instant
    async def statistics(self) -> core.Statistics:
        host = self._host
        peers = [_peer(session) for session in host.sessions]
        members = [counting.member(name, kind, count) for name, kind, count in self._counts()]
        calls, errors = sum(member.calls for member in members), sum(member.errors for member in members)
        return core.Statistics(host.service.id, host.started, calls, errors, len(peers), peers, members)

    @instant
    async def allowed(self) -> list[core.Permission]:
        eyes = Eyes(caller.get())
        answer: list[core.Permission] = []
        for member in self._members():
            refused = authority.refusal(self._host.service.id, member, eyes)
            reason, hint = (authority.held_back(member, eyes), "") if refused is None else (refused.message, refused.hint)
            answer.append(core.Permission(_name(member), self._verb(member), _kind(member), member.role, refused is None, reason, hint))
        return answer

    def members(
        self, where: events.Where = events.NO_WHERE, fields: list[str] = events.NO_FIELDS
    ) -> AsyncIterator[events.TableEvent[core.MemberStatistics]]:
        def look(rates: Rates, now: float) -> list[core.MemberStatistics]:
            counts = list(self._counts())
            rate = rates.look(now, {name: count.calls for name, _, count in counts})
            return [counting.member(name, kind, count, rate[name]) for name, kind, count in counts]

        return _followed(look, lambda row: row.name)

    def peers(
        self, where: events.Where = events.NO_WHERE, fields: list[str] = events.NO_FIELDS
    ) -> AsyncIterator[events.TableEvent[core.PeerStatistics]]:
        def look(rates: Rates, now: float) -> list[core.PeerStatistics]:
            sessions = list(self._host.sessions)
            rate = rates.look(now, {session.number: _count(session).calls for session in sessions})
            return [_peer(session, rate[session.number]) for session in sessions]

        return _followed(look, lambda row: row.number)

    def _bound(self) -> Iterable[BoundCall | BoundStream]:
        return (*self._host.bound.calls.values(), *self._host.bound.streams.values())

    def _members(self) -> Iterator[authority.Member]:
        return (bound.call if isinstance(bound, BoundCall) else bound.stream for bound in self._bound())

    def _counts(self) -> Iterator[tuple[str, str, Count]]:
        return ((_name(member), _kind(member), bound.count) for member, bound in zip(self._members(), self._bound(), strict=True))

    def _verb(self, member: authority.Member) -> str:
        if not self._verbs:
            for text in (self._host.service.schema, core.SERVICE.schema):
                schema = msgspec.json.decode(text)
                for each in (*schema.get("methods", ()), *schema.get("streams", ())):
                    self._verbs[each["id"]] = each.get("verb") or each["name"].replace("_", "-")
        return self._verbs[member.opcode]


def _name(member: authority.Member) -> str:
    return f"core.{member.name}" if member.opcode >= _BUILT_IN else member.name


def _kind(member: authority.Member) -> str:
    return "call" if isinstance(member, runtime.Call) else member.kind


def _count(session: Session) -> Count:
    """Of a connection whose handshake is not done, nothing."""
    return Count() if session.calls is None else session.calls.count


def _peer(session: Session, rate: float | None = None) -> core.PeerStatistics:
    count, calls = _count(session), session.calls
    busy, streams = (0, 0) if calls is None else (len(calls.tasks), len(calls.streams))
    user, client = session.user or None, session.client or None
    uid, pid = (session.who.uid, session.who.pid) if session.admitted else (None, None)
    return core.PeerStatistics(session.number, session.since, count.calls, count.errors, busy, streams, rate, uid, user, pid, client)


async def _followed(look: Callable[[Rates, float], list[Any]], key: Callable[[Any], str | int]) -> AsyncIterator[events.TableEvent[Any]]:
    """All rows, then those that are different and those that are gone, once a PERIOD."""
    now = asyncio.get_running_loop().time
    rates = Rates()
    rows = {key(row): row for row in look(rates, now())}
    yield events.Snapshot(list(rows.values()))
    while True:
        await asyncio.sleep(PERIOD)
        fresh = {key(row): row for row in look(rates, now())}
        gone: list[events.Key] = [(each,) for each in rows.keys() - fresh.keys()]
        if gone:
            yield events.Removed(gone)
        if changed := [row for each, row in fresh.items() if rows.get(each) != row]:
            yield events.Changed(changed)
        rows = fresh
