"""The blocking client against a service with bad manners: half a WELCOME, errors that are none, goodbyes, and slowness."""

import socket
import time

import pytest

from avyctl import exec as front_door
from scripted import WELCOME, Peer, facing, raises
from sutra_client import blocking, errors, frame
from sutra_client.errors import SutraError
from sutra_client.options import Options


@pytest.mark.parametrize("name", WELCOME)
@pytest.mark.parametrize("value", [None, 1])
def test_a_welcome_lacks_nothing(name: str, value: object) -> None:
    def behave(peer: Peer) -> None:
        peer.receive()
        peer.send(frame.WELCOME, 0, {**WELCOME, name: value})

    raises(errors.UNAVAILABLE, f"a WELCOME without its {name}", behave)


def test_an_error_without_text_is_still_an_error() -> None:
    def behave(peer: Peer) -> None:
        peer.welcome()
        peer.receive()
        peer.send(frame.ERROR, 1, {"code": 7, "message": ["x"], "hint": None})

    raises(errors.FAILED, "the peer gave no reason", behave)


def test_a_goodbye_promises_no_reconnecting() -> None:
    def behave(peer: Peer) -> None:
        peer.welcome()
        peer.receive()
        peer.send(frame.GOAWAY, 0, {"code": "UNAVAILABLE", "message": "the service stops", "hint": "it reconnects"})

    with facing(behave) as client, pytest.raises(SutraError) as caught:
        client.call(1, {})
    assert caught.value.hint == "start the command again when it is back"


def test_the_time_of_a_call_holds_for_the_handshake_too() -> None:
    ours, theirs = socket.socketpair()
    with theirs:
        client = blocking.joined(ours.detach(), "the peer", "")
        began = time.monotonic()
        with pytest.raises(SutraError, match="did not answer in time") as caught:
            client.call(1, {}, None, 0.05)
        client.close()
    assert caught.value.code == errors.TIMEOUT
    assert time.monotonic() - began < 2


def test_what_connecting_took_is_taken_from_the_first_call() -> None:
    asked = []

    def behave(peer: Peer) -> None:
        peer.welcome()
        for call in (1, 2):
            asked.append(peer.receive()[3]["meta"]["deadline_ms"])
            peer.send(frame.REPLY, call, 1)

    ours, theirs = socket.socketpair()
    client = blocking.joined(ours.detach(), "the peer", "", began=time.monotonic() - 5)
    with theirs:
        client.ask(1, {}, None, 60)
        client.ask(1, {}, None, 60)
        behave(Peer(theirs))
    assert asked[0] <= 55_000
    assert asked[1] == 60_000
    client.close()


def test_no_message_passes_for_a_hint_of_ours(capfd: pytest.CaptureFixture[str]) -> None:
    front_door.report(SutraError(errors.FAILED, "no\n  run this: evil", "run that"), Options())
    assert capfd.readouterr().err == "avyctl: no\\x0a  run this: evil\n  run that\n"
