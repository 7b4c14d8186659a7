"""When services need attention, and when no longer."""

from typing import Any

import pytest
from msgspec.structs import replace

from services.init.fake import SERVICES, FakeInit, service
from services.init.findings import WINDOW, Board, lost
from streams import Reading
from sutra_client.errors import UNAVAILABLE, SutraError
from sutra_client.gen.core import Severity
from sutra_client.gen.init import Active, Load, Service

CALM = service("ssh.service", pid=1)


class Clock:
    def __init__(self) -> None:
        self.now = 1000.0

    def __call__(self) -> float:
        return self.now


def judged(row: Service) -> list[str]:
    return [finding.id for finding in Board().judge([row]).values()]


@pytest.mark.parametrize(
    ("changes", "found"),
    [
        ({}, []),
        ({"active": Active.FAILED, "result": "exit-code"}, ["failed:system:ssh.service"]),
        ({"active": Active.INACTIVE, "sub": "dead"}, []),
        ({"active": None, "sub": None, "load": None, "enabled": None, "result": None, "restarts": None}, []),
        ({"load": Load.MASKED}, ["masked:system:ssh.service"]),
        ({"load": Load.MASKED, "active": Active.INACTIVE}, []),
        ({"load": Load.BAD_SETTING, "active": Active.INACTIVE}, ["broken:system:ssh.service"]),
        ({"active": Active.ACTIVATING, "sub": "down, want up"}, ["down:system:ssh.service"]),
        ({"restarts": 900}, []),
    ],
)
def test_a_service_is_judged_by_what_is_known_of_it(changes: dict[str, Any], found: list[str]) -> None:
    assert judged(replace(CALM, **changes)) == found


def test_a_loop_is_found_when_it_is_seen_and_over_ten_minutes_later() -> None:
    clock = Clock()
    board = Board(clock)
    assert board.wait() is None
    for restarts in (5, 6, 7):
        assert board.judge([replace(CALM, restarts=restarts)]) == {}
        clock.now += 10
    found = board.judge([replace(CALM, restarts=8)])
    assert [finding.evidence for finding in found.values()] == ["was restarted 3 times within 10 min"]
    assert board.wait() == pytest.approx(WINDOW - 20, abs=0.1)
    clock.now += WINDOW
    assert board.judge([replace(CALM, restarts=8)]) == {}
    assert board.wait() is None


def test_a_service_that_is_gone_is_forgotten() -> None:
    board = Board(Clock())
    for restarts in (0, 9):
        board.judge([replace(CALM, restarts=restarts)])
    assert board.judge([]) == {}
    assert board.wait() is None


def test_a_hostile_name_is_one_word_of_the_command() -> None:
    [finding] = Board().judge([replace(CALM, name="a'; rm -rf x.service", active=Active.FAILED)]).values()
    assert finding.command == "avyctl services status -- 'a'\\''; rm -rf x.service'"


def test_a_lost_manager_is_a_finding_in_its_own_words() -> None:
    [finding] = lost("user", SutraError(UNAVAILABLE, "the bus went away")).values()
    assert (finding.severity, finding.object, finding.evidence) == (Severity.ERROR, "user manager", "the bus went away")


async def test_a_service_that_fails_comes_into_the_findings_and_leaves_them() -> None:
    init = FakeInit([CALM])
    async with Reading(init.findings(), "id") as reading:
        init.change(replace(CALM, active=Active.FAILED))
        await reading.until(lambda: bool(reading.rows))
        init.vanish(CALM.name)
        await reading.until(lambda: not reading.rows)


async def test_the_fake_tells_changes_of_the_kinds_that_are_read() -> None:
    init = FakeInit()
    async with Reading(init.services(fields=["memory"]), "scope", "name") as reading:
        assert len(reading.rows) == len([row for row in SERVICES if row.kind == "service"])
        assert reading.rows["system", "ssh.service"].memory == 6_291_456
        init.change(replace(CALM, sub="reloading"))
        await reading.until(lambda: reading.rows["system", "ssh.service"].sub == "reloading")
        init.vanish("ssh.service")
        await reading.until(lambda: ("system", "ssh.service") not in reading.rows)
