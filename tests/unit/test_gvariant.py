"""GVariant as OSTree and flatpak keep it on disk. The values are those of GLib's own documentation of the format."""

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hosts import entries
from services.core import keyfile
from services.core.gvariant import decode, lookup, split


@pytest.mark.parametrize(
    ("kind", "data", "value"),
    [
        ("s", b"hello world\0", "hello world"),
        ("ms", b"hello world\0\0", "hello world"),
        ("ms", b"", None),
        ("mi", b"", None),
        ("mi", b"\x07\0\0\0", 7),
        ("ab", b"\1\0\0\1\1", [True, False, False, True, True]),
        ("(si)", b"foo\0\xff\xff\xff\xff\4", ("foo", -1)),
        ("a(si)", b"hi\0\0\xfe\xff\xff\xff\3\0\0\0bye\0\xff\xff\xff\xff\4\x09\x15", [("hi", -2), ("bye", -1)]),
        ("as", b"i\0can\0has\0strings?\0\2\6\x0a\x13", ["i", "can", "has", "strings?"]),
        ("((ys)as)", b"ican\0has\0strings?\0\4\r\5", ((0x69, "can"), ["has", "strings?"])),
        ("(yy)", b"\x70\x80", (0x70, 0x80)),
        ("(iy)", b"\x60\0\0\0\x70\0\0\0", (0x60, 0x70)),
        ("ai", b"\4\0\0\0\2\1\0\0", [4, 258]),
        ("v", b"\x07\0\0\0\0u", ("u", 7)),
        ("()", b"\0", ()),
        ("ay", b"\xff\0", b"\xff\0"),
        ("s", b"\xff\0", "\\xff"),
    ],
)
def test_values_of_each_type_are_read(kind: str, data: bytes, value: object) -> None:
    assert decode(kind, data) == value


def test_a_dictionary_is_looked_up_by_name_and_type() -> None:
    found = decode("a{sv}", entries({"version": ("s", b"1.2\0"), "size": ("t", (7).to_bytes(8, "little"))}))
    assert (lookup(found, "version", "s"), lookup(found, "size", "t")) == ("1.2", 7)
    assert (lookup(found, "version", "t"), lookup(found, "absent", "s")) == (None, None)


KINDS = ["s", "as", "a{sv}", "(a{sv}aya(say)sstayay)", "(ssasta{sv})", "v", "aay", "m(sv)", "(tt)", "av"]


@given(st.sampled_from(KINDS), st.binary(max_size=200))
def test_garbage_is_a_value_error_or_a_value(kind: str, data: bytes) -> None:
    try:
        decode(kind, data)
    except ValueError:
        return


def test_a_variant_within_variants_without_end_is_refused() -> None:
    data = b"\0y"
    for _ in range(100):
        data += b"\0v"
    with pytest.raises(ValueError, match="too deep"):
        decode("v", data)


@pytest.mark.parametrize("kinds", ["(", "a", "{", "z", "(s", "a" * 100 + "s"])
def test_types_that_are_none_are_refused(kinds: str) -> None:
    with pytest.raises(ValueError, match="no types"):
        split(kinds)


@pytest.mark.parametrize(
    ("text", "groups"),
    [
        (b"[origin]\nrefspec=a/b\n", {"origin": {"refspec": "a/b"}}),
        (b"# x\n[a]\n k = v = w \n#k=2\nk2=\n[a]\nk=3\n", {"a": {"k": "3", "k2": ""}}),
        (b"lost=1\n[]\n=\xff\n", {"": {"": "\\xff"}}),
        (b"", {}),
    ],
)
def test_key_files_are_read_as_glib_reads_them(text: bytes, groups: dict[str, Any]) -> None:
    assert keyfile.parse(text) == groups


@given(st.binary(max_size=200))
def test_garbage_in_a_key_file_is_never_an_exception(data: bytes) -> None:
    keyfile.get(keyfile.parse(data), "a", "b")
