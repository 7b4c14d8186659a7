"""Rows that a stream's events keep up."""

from msgspec.structs import replace

from services.apps.fake import ROWS
from sutra_client.events import Changed, Removed, Snapshot
from sutra_client.gen.apps import App
from sutra_client.kept import Kept

ONE, TWO, THREE = ROWS
KEYS = [(row.id, row.source) for row in ROWS]


def kept() -> Kept[App]:
    return Kept("id", "source")


def test_rows_show_when_their_snapshot_is_whole() -> None:
    rows = kept()
    said = [(rows.take(event), rows.complete, len(rows.rows)) for event in (Snapshot([ONE], more=True), Snapshot([TWO]))]
    assert said == [(False, False, 0), (True, True, 2)]
    assert list(rows.rows) == KEYS[:2]


def test_changes_and_removals_are_kept_up() -> None:
    rows = kept()
    rows.take(Snapshot([ONE, TWO]))
    rows.take(Changed([replace(ONE, name="other"), THREE]))
    rows.take(Removed([KEYS[1], ("never", "seen")]))
    assert [row.name for row in rows.rows.values()] == ["other", "Hello"]


def test_a_snapshot_replaces_what_was_there() -> None:
    rows = kept()
    rows.take(Snapshot([ONE, TWO]))
    rows.take(Snapshot([THREE]))
    assert list(rows.rows) == KEYS[2:]


def test_half_a_snapshot_of_a_stream_that_ended_is_forgotten() -> None:
    rows = kept()
    rows.take(Snapshot([ONE], more=True))
    rows.begin()
    rows.take(Snapshot([TWO]))
    assert list(rows.rows) == KEYS[1:2]
