import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sutra_client import json_text, yaml_text
from sutra_client.errors import INVALID, SutraError

VALUES = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False) | st.text(),
    lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner),
)


def refuse(name: str) -> None:
    raise ValueError(name)


@given(VALUES)
def test_what_is_written_reads_back(value: json_text.Json) -> None:
    assert json.loads(json_text.short(value)) == value
    assert json.loads(json_text.pretty(value)) == value
    assert json_text.read(json_text.short(value)) == value


@given(st.text())
def test_written_strings_are_harmless_to_a_terminal(raw: str) -> None:
    assert json_text.string(raw).isprintable()
    assert yaml_text.string(raw).isprintable()


def test_readable_text_is_not_escaped() -> None:
    assert json_text.string('é "日本" \\') == '"é \\"日本\\" \\\\"'
    assert json_text.string("é\u202e\x1b\U000e0041") == '"é\\u202e\\u001b\\udb40\\udc41"'


@pytest.mark.parametrize(
    "text", ["", "[1,", '"a', "[NaN]", "[Infinity]", "1 2", "{'a': 1}", "[" * 100_000, "9" * 5000, b"\xff", "nul", '"\n"'], ids=range(12)
)
def test_bad_json_is_an_invalid_error_and_nothing_worse(text: str | bytes) -> None:
    with pytest.raises(SutraError) as caught:
        json_text.read(text, "the answer")
    assert caught.value.code == INVALID
    assert caught.value.message.startswith("the answer")


@given(
    st.binary(max_size=64).filter(lambda raw: not raw.startswith((b"\xfe\xff", b"\xff\xfe")) and b"\0" not in raw)
    | st.text(alphabet='[]{}",:0129.eE+-truefalsn\\u \n', max_size=64)
)
def test_any_bytes_are_read_as_the_standard_library_reads_them_or_refused(raw: bytes | str) -> None:
    try:
        expected = json.loads(raw, parse_constant=refuse)
    except (ValueError, RecursionError):
        with pytest.raises(SutraError):
            json_text.read(raw)
    else:
        assert json_text.read(raw) == expected


def test_an_object_is_told_from_other_values() -> None:
    assert json_text.read_object('{"a": 1}', "it") == {"a": 1}
    with pytest.raises(SutraError, match="it is not a JSON object"):
        json_text.read_object("[]", "it")


@pytest.mark.parametrize(("text", "end"), [("[1]}", 3), ('x{"a":2}', -1), ("[1", -1)])
def test_where_a_value_ends(text: str, end: int) -> None:
    assert json_text.ends_at(text, 0) == end


def test_yaml_quotes_whatever_could_be_taken_for_something_else() -> None:
    value: json_text.Json = {"a": ["yes", "1", "x y", "", "-", "sshd.service", None, True], "b": {}, "c": [[1, 2], {"d": "\x1b"}]}
    assert yaml_text.block(value) == [
        "a:",
        '  - "yes"',
        '  - "1"',
        '  - "x y"',
        '  - ""',
        '  - "-"',
        "  - sshd.service",
        "  - null",
        "  - true",
        "b: {}",
        "c:",
        "  - - 1",
        "    - 2",
        '  - d: "\\u001b"',
    ]
