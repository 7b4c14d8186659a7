"""The overview in words."""

import pytest

from services.system.fake import FINDINGS, NOW, STATUS, sample
from sutra_client import overview_text as words
from sutra_client.gen.core import Finding, Severity
from sutra_client.gen.system import Sample
from sutra_client.glyphs import ASCII, FULL

NOTHING = Sample(0, NOW, [], [], [], [], [])


def finding(severity: Severity) -> Finding:
    return Finding(f"x:{severity}", severity, "x", "", "", "")


@pytest.mark.parametrize(
    ("severities", "expected"),
    [
        ([], "healthy"),
        ([Severity.INFO], "healthy"),
        ([Severity.WARNING, Severity.INFO], "1 needs attention"),
        ([Severity.CRITICAL, Severity.WARNING], "2 need attention"),
    ],
)
def test_health_counts_what_is_worth_more_than_knowing(severities: list[Severity], expected: str) -> None:
    assert words.health([finding(severity) for severity in severities], FULL)[1] == expected


def test_health_has_a_glyph_for_each_state() -> None:
    glyphs = [words.health([finding(severity)], ASCII)[0] for severity in (Severity.INFO, Severity.WARNING, Severity.ERROR)]
    assert glyphs == ["o", "!", "x"]
    assert words.health(None, ASCII)[1] == "health not known"


def test_a_sample_in_words() -> None:
    now = sample(4)
    assert words.processor(now, FULL) == "  38 %  load 0.12 0.20 0.18   52 °C  fan 1800 rpm"
    assert words.memory(now) == "  38 %  1.4G of 3.7G  no swap  pressure none"
    assert words.network(now, STATUS, FULL) == " 1.2M↓   84k↑  eth0 192.168.7.42/24  wlan0 down"
    assert words.disk(now) == " 210k/s  / 61 % of 29G  busy 3 %"


def test_what_is_not_known_is_never_a_number() -> None:
    said = " ".join([words.processor(NOTHING, ASCII), words.memory(NOTHING), words.network(NOTHING, None, ASCII), words.disk(NOTHING)])
    assert not any(char.isdigit() for char in said)
    assert (words.used_memory(NOTHING), words.network_rate(NOTHING), words.disk_rate(NOTHING)) == (None, None, None)


def test_the_worst_finding_is_the_most_urgent_and_then_the_longest_lasting() -> None:
    old, new = FINDINGS[1], FINDINGS[0]
    bad = finding(Severity.ERROR)
    assert sorted([new, bad, old], key=words.urgency, reverse=True) == [bad, old, new]


def test_a_severity_of_a_newer_service_is_shown_as_it_is() -> None:
    strange = Finding("s", Severity("dreadful"), "x", "y", "", "")
    assert words.detail(strange)[0] == "x: dreadful: y"
    assert words.urgency(strange) < words.urgency(finding(Severity.WARNING))


def test_details_leave_out_what_there_is_none_of() -> None:
    assert words.detail(finding(Severity.ERROR)) == ["x: error: ", ""]
    assert words.detail(FINDINGS[1], NOW / 1e6)[-1] == "same as  avyctl system status"


def test_the_machine_in_two_lines() -> None:
    assert words.machine(STATUS)[0] == "Raspberry Pi 4 Model B Rev 1.4  aarch64  Linux 6.12.40  PID 1 systemd"
