"""What a git history says, and what it cannot be made to say by commits that say or do nothing."""

from __future__ import annotations

from fractions import Fraction
from typing import Any

import pytest

from grader import evidence as e
from grader.measures import CATALOGUE, Measured

HISTORY = [name for name in CATALOGUE if name.startswith("history.")]


def ask(make: Any, name: str, history: e.History | None) -> Measured:
    return CATALOGUE[f"history.{name}"].of(make.evidence(history=history), {})


def changed(history: e.History, *fields: dict[str, object]) -> e.History:
    """Give the fields of each commit, newest first."""
    commits = [c.model_copy(update=update) for c, update in zip(history.commits, fields, strict=True)]
    return history.model_copy(update={"commits": tuple(commits)})


@pytest.mark.parametrize("name", HISTORY)
def test_a_folder_without_a_repository_has_no_history(make: Any, name: str) -> None:
    """There is nothing to judge, which is something else than a bad history."""
    measured = ask(make, name.partition(".")[2], None)
    assert measured.value is None
    assert "No git history" in measured.why


@pytest.mark.parametrize("name", HISTORY)
@pytest.mark.parametrize("fields", [{"files": 0}, {"files": None}, {"is_merge": True}])
def test_commits_that_change_nothing_count_for_nothing(make: Any, name: str, fields: dict[str, Any]) -> None:
    """Empty commits are free, the starter is not the candidate's, a merge joins what is counted already."""
    history = changed(make.history("Greet people without a name"), fields)
    assert ask(make, name.partition(".")[2], history).value == 0


@pytest.mark.parametrize(
    "message",
    [
        "Greet people without a name", "fix(parser): accept empty lines", "[GR-12] Refuse unknown options",
        "Leere Eingaben abweisen", "\u4fee\u590d\u7a7a\u540d\u79f0", "Add tests",
    ],
)  # fmt: skip
def test_a_message_with_a_subject_says_something(make: Any, message: str) -> None:
    """In any language and any house style."""
    assert ask(make, "telling_messages", make.history(message)).value == 1


@pytest.mark.parametrize(
    "message",
    [
        "",
        "Fix",
        "wip",
        "fix: bug",
        "feat(parser): wip",
        "Initial commit",
        "final final version",
        "update files 2",
        "greeting",
        "...",
    ],
)
def test_a_message_that_would_fit_every_commit_says_nothing(make: Any, message: str) -> None:
    """Nor does a body below it make up for a subject that nobody finds again."""
    history = make.history(f"{message}\n\nGreet people by their name" if message else "")
    assert ask(make, "telling_messages", history).value == 0


def test_a_message_that_comes_again_counts_once(make: Any) -> None:
    """Copying one good sentence is no habit of writing good ones. The repetitions are what is shown."""
    measured = ask(make, "telling_messages", make.history("Greet by name", "Greet by name", "greet by NAME"))
    assert measured.value == Fraction(1, 3)
    assert [link.ref[-1] for link in measured.links] == ["1", "0"]


def test_spread_is_what_did_not_come_with_the_largest_commit(make: Any) -> None:
    """Everything at once is 0; equal steps are the most that a number of commits can have."""
    one, three = make.history("a"), make.history("a", "b", "c")
    assert ask(make, "spread", one).value == 0
    assert ask(make, "spread", three).value == Fraction(2, 3)
    uneven = changed(three, {"added": 10}, {"added": 80}, {"added": 10})
    measured = ask(make, "spread", uneven)
    assert measured.value == Fraction(1, 5)
    assert measured.why == "The largest of 3 commits added 80 % of the 100 lines of Python."
    assert "+80" in measured.links[0].text


def test_without_lines_there_is_nothing_to_spread(make: Any) -> None:
    """Commits of data and documents only."""
    assert ask(make, "spread", changed(make.history("a"), {"added": 0})).value is None
