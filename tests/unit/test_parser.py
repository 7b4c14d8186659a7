"""The incremental frame parser: whatever the pieces, the same frames; whatever is wrong, a reason."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sutra_client import frame
from sutra_client.parser import FrameError, Parser

frames = st.lists(
    st.tuples(st.integers(1, 12), st.integers(0, 0xFFFF), st.integers(0, 0xFFFFFFFF), st.binary(max_size=300)),
    max_size=8,
)


@given(frames, st.data())
def test_frames_arrive_whole_however_the_bytes_were_cut(sent: list[tuple[int, int, int, bytes]], data: st.DataObject) -> None:
    stream = b"".join(frame.pack(*one) for one in sent)
    parser = Parser(1 << 20)
    received = []
    while stream:
        size = data.draw(st.integers(1, len(stream)))
        received += list(parser.feed(stream[:size]))
        stream = stream[size:]
    assert received == sent
    assert parser.pending == 0


def test_a_frame_that_comes_byte_by_byte_is_held_and_then_delivered() -> None:
    whole = frame.pack(frame.CALL, 7, 9, b"payload")
    parser = Parser(100)
    for place in range(len(whole) - 1):
        assert list(parser.feed(whole[place : place + 1])) == []
        assert parser.pending == place + 1
    assert list(parser.feed(whole[-1:])) == [(frame.CALL, 7, 9, b"payload")]


def test_a_long_frame_in_many_pieces_is_not_copied_once_a_piece() -> None:
    payload = bytes(8 << 20)
    whole = frame.pack(frame.REPLY, 1, 1, payload)
    parser = Parser(16 << 20)
    received = [one for start in range(0, len(whole), 4096) for one in parser.feed(whole[start : start + 4096])]
    assert received == [(frame.REPLY, 1, 1, payload)]


@pytest.mark.parametrize(
    ("header", "reason"),
    [
        (frame.HEADER.pack(101, frame.CALL, 0, 1, 1), "a CALL frame of 101 bytes exceeds the limit of 100"),
        (frame.HEADER.pack(0xFFFFFFFF, frame.REPLY, 0, 1, 1), "a REPLY frame of 4294967295 bytes exceeds the limit of 100"),
        (frame.HEADER.pack(0, 0, 0, 1, 1), "unknown frame kind 0"),
        (frame.HEADER.pack(0, 13, 0, 1, 1), "unknown frame kind 13"),
        (frame.HEADER.pack(0, 255, 0, 1, 1), "unknown frame kind 255"),
        (frame.HEADER.pack(0, frame.PING, 0x80, 1, 1), "unknown flag bits 0x80 in a PING frame"),
    ],
)
def test_a_header_that_breaks_a_rule_is_refused_with_its_reason(header: bytes, reason: str) -> None:
    with pytest.raises(FrameError, match=reason):
        list(Parser(100).feed(header))


@given(st.binary(max_size=2000), st.integers(1, 64))
def test_garbage_gives_frames_or_a_reason_and_is_never_held_beyond_one_frame(garbage: bytes, size: int) -> None:
    parser = Parser(500)
    for start in range(0, len(garbage), size):
        try:
            list(parser.feed(garbage[start : start + size]))
        except FrameError:
            return
        assert parser.pending <= 500 + frame.HEADER_SIZE
