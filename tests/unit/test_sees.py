"""What a service shows to whom: the schema's `sees`, over real sockets, as the kernel knows the peers."""

import asyncio
import json
import os
import socket
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import msgspec
import pytest

from fakes import FakeExample, thing
from gen import example
from gen.example import Active, Line, Thing
from services.core.authority import refusal
from services.core.peer import OPERATOR, READER, Peer
from services.core.pump import Pump
from services.core.server import Server
from services.core.sight import Eyes, Lens, Mask, Sight
from services.core.subscription import Subscription
from services.core.table import Table
from serving import Raw, about, server, serving
from sutra_client import endpoint, events
from sutra_client.connection import Connection
from sutra_client.errors import SutraError
from sutra_client.gen import core
from sutra_client.transport import unix
from sutra_client.wire import MSGPACK, Encoding

NOBODY, ANN, BOB, JOURNAL = 65534, 61001, 61002, 62001
GET, THINGS, LINES, OWNED, STATISTICS = 1, 100, 104, 107, 65282


def owned(name: str, uid: int) -> Thing:
    return Thing(name, Active.ACTIVE, uid, environment=["PASSWORD=x"], journal="said too much")


async def ask(path: str, uid: int, groups: list[int], *asked: tuple[int, dict[str, Any]]) -> list[Any]:
    """What a process of that user is answered."""
    for folder in (path.rpartition("/")[0], os.environ["TMPDIR"]):
        os.chmod(folder, 0o755)
    program = os.path.join(os.path.dirname(__file__), "..", "data", "ask_as.py")
    command = "/usr/bin/python3", "-I", "-S", program, path, json.dumps(asked)
    child = await asyncio.create_subprocess_exec(*command, stdout=asyncio.subprocess.PIPE, user=uid, group=uid, extra_groups=groups)
    said, _ = await child.communicate()
    return [json.loads(line) for line in said.decode().splitlines()]


@pytest.fixture(autouse=True)
def _group(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(endpoint, "groups", lambda: [("systemd-journal", JOURNAL)])


@pytest.mark.needs("root")
@pytest.mark.parametrize(
    ("uid", "groups", "environment", "journal", "rows"),
    [
        (NOBODY, [], [], [], []),
        (NOBODY, [JOURNAL], [], ["ann's", "bob's"], []),
        (ANN, [], ["ann's"], [], ["ann's"]),
        (ANN, [JOURNAL], ["ann's"], ["ann's", "bob's"], ["ann's"]),
        (BOB, [], ["bob's"], [], ["bob's"]),
        (0, [], ["ann's", "bob's"], ["ann's", "bob's"], ["ann's", "bob's"]),
    ],
)
async def test_each_user_is_shown_what_is_its_own_and_its_groups_alone(
    uid: int, groups: list[int], environment: list[str], journal: list[str], rows: list[str]
) -> None:
    backend = FakeExample((owned("ann's", ANN), owned("bob's", BOB)))
    async with serving(backend) as (_, path):
        got = await ask(path, uid, groups, (GET, {"name": "ann's"}), (GET, {"name": "bob's"}), (THINGS, {}), (OWNED, {}))
    listed = got[2]["event"]["rows"]
    for things in (got[:2], listed):
        assert [thing["name"] for thing in things] == ["ann's", "bob's"]
        assert [thing["name"] for thing in things if thing["environment"] is not None] == environment
        assert [thing["name"] for thing in things if thing["journal"] is not None] == journal
    assert [thing["name"] for thing in got[3]["event"]["rows"]] == rows


@pytest.mark.needs("root")
async def test_a_condition_on_what_is_hidden_finds_nothing_out() -> None:
    backend = FakeExample((owned("ann's", ANN), owned("bob's", BOB)))
    terms = [["journal", "contains", "much"]], [["environment", "contains", "PASSWORD=x"]], [["environment", "=", None]]
    async with serving(backend) as (_, path):
        guesses: list[tuple[int, dict[str, Any]]] = [(THINGS, {"where": where}) for where in terms]
        found = await ask(path, ANN, [], *guesses)
    assert [[row["name"] for row in answer["event"]["rows"]] for answer in found] == [[], ["ann's"], ["bob's"]]


@asynccontextmanager
async def peer_of(running: Server, uid: int) -> AsyncIterator[Raw]:
    """A client that the server takes for this user's; the handshake is done."""
    ours, theirs = socket.socketpair()
    session = running.session(Peer(uid, uid, 1))
    await asyncio.get_running_loop().create_unix_connection(lambda: session, sock=theirs)
    peer = Raw(*await asyncio.open_unix_connection(sock=ours))
    await peer.shake()
    yield peer
    await peer.close()
    await session.closed


async def item(peer: Raw) -> list[Any]:
    """The next event of the only stream."""
    _, _, _, payload = await asyncio.wait_for(peer.receive(), 5)
    event: list[Any] = msgspec.msgpack.decode(payload)[1]
    return event


def names(event: list[Any]) -> tuple[str, list[str]]:
    return event[0], [row[0] for row in event[1]]


async def test_a_row_that_changes_hands_is_removed_from_its_former_owner() -> None:
    backend = FakeExample((owned("a", ANN), owned("b", ANN)))
    running = server(backend)
    async with peer_of(running, ANN) as ann, peer_of(running, BOB) as bob:
        for peer, shown in ((ann, ["a", "b"]), (bob, [])):
            await peer.ask(OWNED, 1, [], [])
            assert names(await item(peer)) == ("snapshot", shown)
        backend.change(owned("a", BOB))
        assert names(await item(ann)) == ("removed", ["a"])
        assert names(await item(bob)) == ("changed", ["a"])
    await running.stop()


async def test_the_records_of_a_log_go_to_whom_they_belong() -> None:
    streams = [msgspec.structs.replace(s, row=Thing, role=READER, sees="own") if s.name == "lines" else s for s in example.SERVICE.streams]
    backend: Any = FakeExample()
    running = Server(msgspec.structs.replace(example.SERVICE, streams=tuple(streams)), backend, about)
    async with peer_of(running, ANN) as ann, peer_of(running, BOB) as bob, peer_of(running, 0) as root:
        for peer in (ann, bob, root):
            await peer.ask(LINES, 1, None)
        await backend.lines_feed.until(3)
        backend.lines_feed.send(events.Records([owned("a", ANN)]))
        backend.lines_feed.send(events.Records([owned("b", BOB), owned("c", ANN)]))
        assert [names(await item(ann)) for _ in range(2)] == [("records", ["a"]), ("records", ["c"])]
        bobs = await item(bob)
        assert names(bobs) == ("records", ["b"])
        assert bobs[1][0][8:10] == [["PASSWORD=x"], None]
        assert [names(await item(root)) for _ in range(2)] == [("records", ["a"]), ("records", ["b", "c"])]
    await running.stop()


def test_a_log_for_a_group_is_refused_to_others_with_the_reason() -> None:
    [lines] = [stream for stream in example.SERVICE.streams if stream.name == "lines"]
    asked = msgspec.structs.replace(lines, role=READER)
    refused = refusal("dev.avyctl.example", asked, Eyes(Peer(ANN, ANN, 1)))
    assert refused is not None and "group systemd-journal" in refused.message and refused.hint
    assert refusal("dev.avyctl.example", asked, Eyes(Peer(ANN, ANN, 1, (JOURNAL,)))) is None


def test_peers_that_see_as_much_share_what_is_encoded() -> None:
    lens = Lens("all", (Thing, None), example.SERVICE.sees)
    assert [lens.sight(Eyes(Peer(0, 0, number))) for number in range(3)] == [None] * 3
    peers = [(ANN, ()), (ANN, ()), (BOB, ()), (ANN, (JOURNAL,))]
    keys = [sight.key for uid, groups in peers if (sight := lens.sight(Eyes(Peer(uid, uid, 1, groups)))) is not None]
    assert keys[0] == keys[1] and len(set(keys)) == 3


def test_where_nothing_is_hidden_nothing_is_looked_at() -> None:
    assert Lens("all", (Line, None), example.SERVICE.sees).sight(Eyes(Peer(ANN, ANN, 1))) is None
    assert Lens("all", (Thing, None), {}).sight(Eyes(Peer(ANN, ANN, 1))) is None


class Owner(msgspec.Struct, frozen=True, array_like=True):
    uid: int | None
    inside: "dict[str, list[Part]]" = {}


class Part(msgspec.Struct, frozen=True, array_like=True):
    code: str | None = None
    below: "Owner | None" = None


def test_what_is_inside_belongs_to_what_is_around_it_unless_it_says_whose_it_is() -> None:
    mask = Mask(Owner, {Part: {"code": "own"}})
    deep = Owner(ANN, {"a": [Part("1", Owner(BOB, {"b": [Part("2")]})), Part("3", Owner(None, {"c": [Part("4")]}))]})
    assert mask.seen(deep, Eyes(Peer(ANN, ANN, 1))) == Owner(
        ANN, {"a": [Part("1", Owner(BOB, {"b": [Part(None)]})), Part("3", Owner(None, {"c": [Part(None)]}))]}
    )
    assert mask.seen(deep, Eyes(Peer(BOB, BOB, 1))) == Owner(
        ANN, {"a": [Part(None, Owner(BOB, {"b": [Part("2")]})), Part(None, Owner(None, {"c": [Part(None)]}))]}
    )


class Operator(Peer, frozen=True):
    """A user whom the policy lets operate, and who is not root."""

    @property
    def roles(self) -> tuple[str, ...]:
        return READER, OPERATOR


def test_an_operator_sees_what_is_anyones_own_and_not_what_is_a_groups() -> None:
    seen = Mask(Thing, example.SERVICE.sees).seen(owned("ann's", ANN), Eyes(Operator(BOB, BOB, 1)))
    assert (seen.environment, seen.journal) == (["PASSWORD=x"], None)


def test_an_answer_that_is_anothers_is_refused_as_a_whole_and_left_out_of_a_list() -> None:
    sight = Sight("own", Mask(Thing, example.SERVICE.sees), Eyes(Peer(ANN, ANN, 1)))
    mine, other = thing("mine", uid=ANN), thing("other", uid=BOB)
    assert sight.result([mine, other], "get") == [mine]
    assert sight.result({"a": mine, "b": other}, "get") == {"a": mine}
    with pytest.raises(Exception, match="DENIED: get: it is another user's"):
        sight.result(other, "get")


@pytest.mark.needs("root")
async def test_a_peer_sees_of_other_users_connections_that_they_are_there_and_no_more() -> None:
    async with serving(FakeExample()) as (_, path), Connection(example.SERVICE, unix(path)) as connection:
        [told] = await ask(path, NOBODY, [], (STATISTICS, {}))
        ours, theirs = sorted(told["peers"], key=lambda peer: peer["number"])
        assert (ours["uid"], ours["user"], ours["pid"], ours["client"]) == (None, None, None, None)
        assert (theirs["uid"], theirs["user"]) == (NOBODY, "nobody") and theirs["pid"]
        seen = await core.CoreClient(connection).statistics()
        assert [peer.uid for peer in seen.peers] == [0]


ALLOWED = 65283
TRIED = {"get": (GET, {"name": "a"}), "things": (THINGS, {}), "owned": (OWNED, {}), "lines": (LINES, {}), "start": (10, {"name": "a"})}


@pytest.mark.needs("root")
@pytest.mark.parametrize(("uid", "groups"), [(NOBODY, []), (NOBODY, [JOURNAL])])
async def test_what_a_user_may_use_is_what_it_is_then_allowed(uid: int, groups: list[int]) -> None:
    async with serving(FakeExample((thing("a"),))) as (_, path):
        told, *answers = await ask(path, uid, groups, (ALLOWED, {}), *TRIED.values())
    permissions = {each["name"]: each for each in told}
    refused = {name: answer.get("message", "") for name, answer in zip(TRIED, answers, strict=True) if answer.get("code") == "DENIED"}
    assert refused == {name: permissions[name]["reason"] for name in TRIED if not permissions[name]["allowed"]}
    assert set(refused) == {"lines", "start"}
    assert "shows only what is its own" in permissions["owned"]["reason"] and all(permissions[name]["hint"] for name in refused)


async def test_a_change_reaches_each_follower_as_far_as_it_sees_and_no_other() -> None:
    backend = FakeExample((owned("ann's", ANN),))
    running = server(backend)
    async with peer_of(running, BOB) as bob, peer_of(running, 0) as root:
        for peer in (bob, root):
            await peer.ask(THINGS, 1, [], [])
            await item(peer)
        hidden = msgspec.structs.replace(owned("ann's", ANN), journal="more")
        backend.change(hidden)
        assert (await item(root))[1][0][8:10] == [["PASSWORD=x"], "more"]
        backend.change(msgspec.structs.replace(hidden, active=Active.FAILED))
        seen = [(await item(peer))[1][0] for peer in (bob, root)]
        assert [(row[1], *row[8:10]) for row in seen] == [("failed", None, None), ("failed", ["PASSWORD=x"], "more")]
    await running.stop()


class Sent:
    """Stands in for a session: keeps what is sent to its peer."""

    writable = True

    def __init__(self) -> None:
        self.states: list[str] = []
        self.got = asyncio.Event()

    def send(self, kind: int, opcode: int, call: int, payload: bytes = b"") -> None:
        if payload:
            self.states += [row[1] for row in msgspec.msgpack.decode(payload)[1][1]]
            self.got.set()

    def fail(self, encoding: Encoding, opcode: int, call: int, error: SutraError) -> None:
        raise error

    def ended(self, opcode: int, call: int) -> None: ...


async def test_whoever_comes_between_two_changes_of_one_tick_has_the_last() -> None:
    row = owned("ann's", ANN)
    told: asyncio.Queue[Any] = asyncio.Queue()

    async def iterate() -> AsyncIterator[Any]:
        while (event := await told.get()) is not None:
            yield event
            told.task_done()

    tasks: set[asyncio.Task[None]] = set()
    table = Table(Thing, ("name",), Pump(iterate, tasks), lambda: None)
    sight = Sight("all", Mask(Thing, example.SERVICE.sees), Eyes(Peer(BOB, BOB, 1)))
    sessions = Sent(), Sent()
    early, late = (Subscription(session, MSGPACK, THINGS, 1, 64) for session in sessions)
    early.source = late.source = table
    table.join(early, sight=sight)
    told.put_nowait(events.Snapshot([row]))
    async with asyncio.timeout(5):
        await sessions[0].got.wait()
        told.put_nowait(events.Changed([msgspec.structs.replace(row, active=Active.FAILED)]))
        await told.join()
        table.join(late, b"a view of its own", lambda row: True, sight)
        told.put_nowait(events.Changed([row]))
        told.put_nowait(None)
        await asyncio.wait(tasks)
    assert sessions[0].states[-1] == sessions[1].states[-1] == "active"
    assert "failed" in sessions[1].states
