"""The blocking client against a scripted peer, at the other end of a socket pair, that does what no service of ours would."""

import socket
import time

import pytest

from scripted import WELCOME, Peer, facing, raises
from sutra_client import blocking, errors, frame
from sutra_client.errors import SutraError


def item(revision: int, kind: str = "snapshot", rows: list[object] | None = None, more: bool = False) -> dict[str, object]:
    return {"revision": revision, "event": {"type": kind, "rows": rows or [], "more": more}}


def test_a_call_sends_its_arguments_and_gets_the_answer_untouched() -> None:
    asked = []

    def behave(peer: Peer) -> None:
        peer.welcome()
        asked.append(peer.receive())
        peer.send(frame.REPLY, 1, {"spaced": [1, 2]})

    with facing(behave) as client:
        assert client.call(7, {"name": "x"}, {"reason": "why"}, 2.0) == b'{"spaced": [1, 2]}'
        assert client.welcome() == WELCOME
    [(kind, opcode, call, payload)] = asked
    assert (kind, opcode, call) == (frame.CALL, 7, 1)
    assert payload == {"args": {"name": "x"}, "meta": {"reason": "why", "deadline_ms": 2000}}


def test_hello_says_who_speaks_and_asks_for_json() -> None:
    said = []

    def behave(peer: Peer) -> None:
        said.append(peer.receive())
        peer.send(frame.WELCOME, 0, WELCOME)

    with facing(behave) as client:
        assert client.welcome() == WELCOME
    assert said[0][3] | {"version": ""} == {
        "protocol": 2,
        "client": "avyctl",
        "version": "",
        "service": "dev.avyctl.example",
        "fingerprint": "",
        "encoding": "json",
    }


def test_an_error_keeps_code_message_and_hint() -> None:
    def behave(peer: Peer) -> None:
        peer.welcome()
        peer.receive()
        peer.send(frame.ERROR, 1, {"code": "NOT_FOUND", "message": "looking up x: none", "hint": "list them", "detail": {}})

    with facing(behave) as client, pytest.raises(SutraError) as caught:
        client.call(1, {})
    assert (caught.value.code, caught.value.message, caught.value.hint) == ("NOT_FOUND", "looking up x: none", "list them")
    assert caught.value.exit_code == 4


def test_ping_is_answered_while_waiting() -> None:
    answers = []

    def behave(peer: Peer) -> None:
        peer.welcome()
        peer.receive()
        peer.send(frame.PING, 9)
        answers.append(peer.receive()[:3])
        peer.send(frame.REPLY, 1, 5)

    with facing(behave) as client:
        assert client.call(1, {}) == b"5"
    assert answers == [(frame.PONG, 0, 9)]


def test_silence_is_met_with_ping_and_then_taken_for_death(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(blocking, "PING_SECONDS", 0.02)
    monkeypatch.setattr(blocking, "DEAD_SECONDS", 0.1)
    heard = []

    def behave(peer: Peer) -> None:
        peer.welcome()
        while True:
            heard.append(peer.receive()[0])

    raises(errors.UNAVAILABLE, "has been silent", behave)
    assert frame.PING in heard


def test_a_service_that_never_welcomes_is_unavailable(monkeypatch: pytest.MonkeyPatch) -> None:
    ours, theirs = socket.socketpair()
    with theirs:
        client = blocking.Client(ours, "the peer", "", seconds=0.05)
        with pytest.raises(SutraError, match=r"no WELCOME within 0\.05 s") as caught:
            client.call(1, {})
        client.close()
    assert caught.value.code == errors.UNAVAILABLE


def test_a_deadline_is_kept_even_when_bytes_drip_in() -> None:
    def behave(peer: Peer) -> None:
        peer.welcome()
        peer.receive()
        whole = frame.pack(frame.REPLY, 0, 1, b"1" * 100)
        for byte in whole:
            peer.sock.sendall(bytes([byte]))
            time.sleep(0.02)

    began = time.monotonic()
    raises(errors.TIMEOUT, "did not answer in time", behave, seconds=0.05)
    assert time.monotonic() - began < 2


@pytest.mark.parametrize(
    ("words", "data"),
    [
        ("exceeds the limit", frame.HEADER.pack(17 << 20, frame.REPLY, 0, 0, 1)),
        ("unknown frame kind 77", frame.HEADER.pack(0, 77, 0, 0, 1)),
        ("unknown flag bits 0x40", frame.HEADER.pack(0, frame.REPLY, 0x40, 0, 1)),
        ("of a call that was never made", frame.pack(frame.REPLY, 0, 2, b"1")),
        ("ITEM in answer to a call", frame.pack(frame.ITEM, 0, 1, b"{}")),
        ("WELCOME after the handshake", frame.pack(frame.WELCOME, 0, 0, b"{}")),
        ("an error that is not JSON", frame.pack(frame.ERROR, 0, 1, b"\xff")),
        ("closed the connection before it had answered", frame.pack(frame.REPLY, 0, 1, b"12345")[:-2]),
        ("closed the connection before it had answered", b""),
    ],
    ids=range(9),
)
def test_a_service_that_breaks_the_protocol_is_named_with_the_reason(words: str, data: bytes) -> None:
    def behave(peer: Peer) -> None:
        peer.welcome()
        peer.receive()
        peer.sock.sendall(data)

    raises(errors.UNAVAILABLE, words, behave)


@pytest.mark.parametrize(
    ("kind", "payload", "code", "words"),
    [
        (frame.GOAWAY, {"code": "BUSY", "message": "too many connections", "hint": ""}, "BUSY", "refused the connection: too many"),
        (frame.ERROR, {"code": "DENIED", "message": "not you", "hint": ""}, "DENIED", "refused the connection: not you"),
        (frame.REPLY, {}, "UNAVAILABLE", "REPLY instead of WELCOME"),
        (frame.WELCOME, {"version": "x" * 5000}, "UNAVAILABLE", "exceeds the limit"),
        (frame.WELCOME, [], "UNAVAILABLE", "its WELCOME is not a JSON object"),
    ],
)
def test_a_handshake_can_fail(kind: int, payload: object, code: str, words: str) -> None:
    def behave(peer: Peer) -> None:
        peer.receive()
        peer.send(kind, 0, payload)

    raises(code, words, behave)


def test_a_refusal_is_read_though_the_service_closed_before_our_first_word() -> None:
    ours, theirs = socket.socketpair()
    Peer(theirs).send(frame.GOAWAY, 0, {"code": "BUSY", "message": "full", "hint": ""})
    theirs.close()
    client = blocking.joined(ours.detach(), "the peer", "")
    with pytest.raises(SutraError, match="refused the connection: full"):
        client.call(1, {})
    client.close()


def test_goodbye_in_the_midst_of_a_call_says_why() -> None:
    def behave(peer: Peer) -> None:
        peer.welcome()
        peer.receive()
        peer.send(frame.GOAWAY, 0, {"code": "UNAVAILABLE", "message": "the service stops", "hint": ""})

    raises(errors.UNAVAILABLE, "the peer closed the connection: the service stops", behave)


def test_a_stream_is_read_to_its_end_and_gives_credit() -> None:
    credit = []

    def behave(peer: Peer) -> None:
        peer.welcome()
        _, _, call, payload = peer.receive()
        assert payload["meta"]["credit"] == blocking.CREDIT
        for revision in range(1, 13):
            peer.send(frame.ITEM, call, item(revision, "samples", [revision]))
        credit.append(peer.receive())
        peer.send(frame.END, call)

    with facing(behave) as client:
        events = [event["rows"] for _, _, event in client.items(100, {})]
    assert events == [[revision] for revision in range(1, 13)]
    assert credit == [(frame.CREDIT, 100, 1, blocking.CREDIT // 2)]


def test_leaving_a_stream_cancels_it_and_the_next_call_is_not_confused() -> None:
    def behave(peer: Peer) -> None:
        peer.welcome()
        _, _, stream, _ = peer.receive()
        peer.send(frame.ITEM, stream, item(1))
        peer.send(frame.ITEM, stream, item(2, "changed"))
        assert peer.receive()[:3] == (frame.CANCEL, 100, stream)
        _, _, call, _ = peer.receive()
        peer.send(frame.ITEM, stream, item(3, "changed"))
        peer.send(frame.REPLY, call, "later")

    with facing(behave) as client:
        items = client.items(100, {})
        assert next(items)[2]["type"] == "snapshot"
        items.close()
        assert client.call(1, {}) == b'"later"'


@pytest.mark.parametrize(
    ("items", "words"),
    [
        ([item(1), item(3, "changed")], "item 3 after item 1"),
        ([item(2)], "item 2 after item 0"),
        ([item(1), item(1, "changed")], "item 1 after item 1"),
        ([{"revision": 1}], "without revision and event"),
        ([[]], "not a JSON object"),
    ],
)
def test_items_out_of_order_end_the_stream_with_an_error(items: list[object], words: str) -> None:
    def behave(peer: Peer) -> None:
        peer.welcome()
        _, _, call, _ = peer.receive()
        for payload in items:
            peer.send(frame.ITEM, call, payload)

    with facing(behave) as client, pytest.raises(SutraError, match=words):
        list(client.items(100, {}))


def test_a_new_snapshot_may_begin_at_any_time() -> None:
    def behave(peer: Peer) -> None:
        peer.welcome()
        _, _, call, _ = peer.receive()
        for payload in (item(1), item(2, "changed"), item(1), item(2, "changed")):
            peer.send(frame.ITEM, call, payload)
        peer.send(frame.END, call)

    with facing(behave) as client:
        assert [revision for revision, _, _ in client.items(100, {})] == [1, 2, 1, 2]


def test_arguments_that_exceed_a_frame_are_refused_before_they_are_sent() -> None:
    with facing(Peer.welcome) as client:
        with pytest.raises(SutraError, match="more than one call can carry"):
            client.call(1, {"text": "x" * (1 << 20)})
        assert client.welcome() == WELCOME
