"""A test of the real thing is never skipped silently: what CI lacks is listed with its reason, and the list is true."""

import os

import pytest

import facilities

ABSENT = {"sensors": "it is virtual"}


@pytest.mark.parametrize(
    ("name", "present", "ci", "decision"),
    [
        ("root", True, True, "go"),
        ("root", False, True, "fail"),
        ("sensors", False, True, "skip"),
        ("sensors", True, True, "fail"),
        ("root", False, False, "skip"),
        ("sensors", True, False, "go"),
    ],
)
def test_a_missing_facility_is_skipped_only_where_that_is_said(name: str, present: bool, ci: bool, decision: str) -> None:
    assert facilities.verdict(name, present, ABSENT, ci)[0] == decision


def test_the_skip_tells_the_reason() -> None:
    assert facilities.verdict("sensors", False, ABSENT, True)[1] == "CI has no sensors: it is virtual"


def test_every_absent_facility_is_a_known_one_with_a_reason() -> None:
    assert facilities.reasons().keys() <= facilities.FACILITIES.keys()
    assert all(facilities.reasons().values())


@pytest.mark.skipif(os.environ.get("CI") != "true", reason="the list is CI's")
@pytest.mark.parametrize("name", facilities.FACILITIES)
def test_the_list_is_true_in_ci(name: str) -> None:
    decision, why = facilities.verdict(name, facilities.FACILITIES[name](), facilities.reasons(), ci=True)
    assert decision != "fail", why
