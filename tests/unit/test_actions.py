"""Actions are declared once; what they may not be is refused when they are declared."""

import pytest

from screens.pane import PaneScreen
from sutra_client.actions import GLOBAL, MOVING, UNANSWERED, Action, ActionError, footer, help_lines, register

RESTART = Action("restart", "r", "restart", "stop and start again")


@pytest.mark.parametrize("key", ["1", "0", "x", "y", "q", "slash", "question_mark", "space", "ctrl+l", "j", "up", "ctrl+q", "tilde"])
def test_a_reserved_key_is_refused(key: str) -> None:
    with pytest.raises(ActionError, match="reserved"):
        register([Action("restart", key, "restart", "")])


def test_a_key_can_be_taken_only_once() -> None:
    with pytest.raises(ActionError, match="taken"):
        register([RESTART, Action("reload", "r", "reload", "")])


def test_a_function_key_needs_a_single_letter_twin() -> None:
    with pytest.raises(ActionError, match="twin"):
        register([Action("restart", "f5", "restart", "")])
    assert len(register([RESTART, Action("restart", "f5", "restart", "")])) == 2


def test_a_pane_whose_key_collides_cannot_be_defined() -> None:
    with pytest.raises(ActionError):
        type("Colliding", (PaneScreen,), {"ACTIONS": (Action("quit_all", "q", "quit all", ""),)})


def test_the_key_line_has_the_screens_own_keys_first_and_quit_last() -> None:
    keys = footer([RESTART, Action("hidden", "h", "hidden", "", shown=False)])
    assert keys[0] == ("r", "restart")
    assert keys[-1] == ("q", "quit")
    assert ("h", "hidden") not in keys


def test_help_is_narrowed_by_every_typed_word() -> None:
    assert help_lines([RESTART], "STOP again") == [("r", "restart: stop and start again")]
    assert help_lines([RESTART], "stop nowhere") == []


def test_help_names_every_key_that_works_everywhere() -> None:
    documented = {what for _, what in help_lines([])}
    assert documented == {MOVING[1], *(doc for key, doc in GLOBAL.items() if key not in UNANSWERED)}
