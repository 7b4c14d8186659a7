"""Sparklines show what was measured, and nothing else."""

from sutra_client.glyphs import ASCII, FULL, LEVELS
from sutra_client.plot import Buckets, bar, sparkline
from sutra_client.text import width


def test_a_full_value_is_a_full_block_and_nothing_the_lowest() -> None:
    assert sparkline([0, 50, 100], 3, FULL.blocks, 100) == "▁▅█"


def test_the_same_in_ascii() -> None:
    drawn = sparkline([0, 50, 100], 3, ASCII.blocks, 100)
    assert drawn.isascii() and drawn[0] == "_" and drawn[-1] == "#"


def test_what_was_not_measured_is_a_gap() -> None:
    assert sparkline([10, None, 10], 5, FULL.blocks, 10) == "  █ █"


def test_only_the_newest_fit() -> None:
    assert sparkline([9, 9, 9, 0, 9], 2, FULL.blocks) == "▁█"


def test_all_zero_is_a_low_line() -> None:
    assert sparkline([0, 0], 2, FULL.blocks) == "▁▁"


def test_more_than_the_top_is_full() -> None:
    assert sparkline([400], 1, FULL.blocks, 100) == "█"


def test_a_bar_is_as_long_as_its_share_and_what_is_not_nothing_shows() -> None:
    drawn = [bar(share, 10, "#", "-") for share in (0.0, 0.4, 50.0, 99.0, 100.0, 250.0, None)]
    assert drawn == ["-" * 10, "#---------", "#####-----", "#" * 10, "#" * 10, "#" * 10, " " * 10]


def test_a_bucket_keeps_the_peak_of_its_span() -> None:
    buckets = Buckets(10, 3)
    for time, value in ((0, 1.0), (9, 5.0), (10, 2.0), (25, None), (29, 4.0)):
        buckets.add(time, value)
    assert buckets.values == [5.0, 2.0, 4.0]


def test_a_pause_is_a_gap_and_old_spans_are_forgotten() -> None:
    buckets = Buckets(10, 3)
    buckets.add(0, 1.0)
    buckets.add(20, 2.0)
    assert buckets.values == [1.0, None, 2.0]
    buckets.add(1000, 3.0)
    buckets.add(5, 9.0)
    assert buckets.values == [None, None, 3.0]


def test_a_later_sample_of_the_same_span_moves_nothing_else() -> None:
    buckets = Buckets(10, 3)
    buckets.add(0, 1.0)
    buckets.add(10, 1.0)
    before = buckets.values
    buckets.add(15, 7.0)
    assert buckets.values[:-1] == before[:-1]


def test_every_glyph_of_every_level_is_one_cell() -> None:
    for glyphs in LEVELS.values():
        assert all(width(glyph) == 1 for name, glyph in glyphs._asdict().items() if name != "blocks")
        assert width(glyphs.blocks) == len(glyphs.blocks) <= 8


def test_the_ascii_level_is_ascii() -> None:
    assert "".join(ASCII).isascii()
