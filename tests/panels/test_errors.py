"""The panels' error line: an action's error stays until the next action, a look's while it lasts."""

import pytest

from helpers.panels.errors import ErrorLine


def refuse() -> None:
    raise ValueError("not <now>")


@pytest.fixture
def line() -> ErrorLine:
    return ErrorLine()


def test_an_actions_error_is_said_aloud_and_stays_until_the_next_action(line: ErrorLine) -> None:
    assert not line.attempt(refuse)
    line.show("")
    assert "not &lt;now&gt;" in line.value
    assert 'role="alert"' in line.value
    assert line.attempt(lambda: None)
    assert line.value == ""


def test_a_looks_error_goes_with_the_next_look_and_uncovers_the_actions(line: ErrorLine) -> None:
    line.attempt(refuse)
    line.show("the stream is gone")
    assert "the stream is gone" in line.value
    line.show("")
    assert "not &lt;now&gt;" in line.value


def test_an_error_without_a_message_has_its_name(line: ErrorLine) -> None:
    def end() -> None:
        raise KeyError

    line.attempt(end)
    assert "KeyError" in line.value


def test_what_is_shown_already_is_not_said_again(line: ErrorLine) -> None:
    changes: list[str] = []
    line.observe(lambda change: changes.append(change["new"]), "value")
    line.show("gone")
    line.show("gone")
    assert len(changes) == 1
