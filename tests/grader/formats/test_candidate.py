"""No hidden text in anything that a candidate may see, in any format."""

import re
from typing import Any

import pytest

from grader.evidence import Outcome
from grader.formats.registry import FORMATS
from grader.report import Report, candidate_view
from tests.grader.formats.samples import middling

CANARY = "CANARY"
PUBLIC = re.compile(
    r"""
    outcome | schema_version | .*/(kind|status|role|source|tool|outcome|order|from_starter|schema_version)
    | score/exact
    | evidence/takehome/title
    | gates/\d+/title
    | criteria/\d+/(id|title|why|weight_why|word)
    | criteria/\d+/items/\d+/(id|title|why)
    | criteria/\d+/items/\d+/explanation/.*
    | criteria/\d+/items/\d+/evidence/\d+/.*
    | evidence/hidden_tests/tests/\d+/attempts/\d+
    """,
    re.VERBOSE,
)


def poisoned(value: Any, path: str = "") -> Any:
    """Put a canary into every text but those that are made for candidates (and words of fixed lists)."""
    if isinstance(value, dict):
        if value.get("reviewer_only"):
            return value | {name: f"{CANARY} {path}/{name}" for name in ("ref", "path", "text")}
        return {name: poisoned(part, f"{path}/{name}".lstrip("/")) for name, part in value.items()}
    if isinstance(value, list):
        return [poisoned(part, f"{path}/{number}") for number, part in enumerate(value)]
    return f"{CANARY} {path}" if isinstance(value, str) and not PUBLIC.fullmatch(path) else value


def report(outcome: Outcome) -> Report:
    made = middling()[0].model_copy(update={"outcome": outcome})
    return Report.model_validate(poisoned(made.model_dump(mode="json")))


@pytest.mark.parametrize("name", FORMATS)
@pytest.mark.parametrize("outcome", list(Outcome))
def test_a_candidate_sees_no_hidden_text(name: str, outcome: Outcome) -> None:
    """Test ids, messages, known-bad solutions, bands, overrides, reasons that quote the suite: none of it."""
    files = middling()[1]
    hidden = report(outcome)
    assert CANARY.encode() not in FORMATS[name](candidate_view(hidden), files)


@pytest.mark.parametrize("name", [name for name in FORMATS if name != "sarif"])
def test_the_canaries_are_where_reviewers_see_them(name: str) -> None:
    """The test above proves nothing if the formats would not print these fields at all."""
    written = FORMATS[name](report(Outcome.GRADED), middling()[1])
    assert b"CANARY evidence/hidden_tests/tests/8/message" in written
    assert b"CANARY evidence/hidden_tests/tests/8/id" in written


@pytest.mark.parametrize("name", ["text", "html", "json"])
def test_a_candidate_does_see_what_is_theirs(name: str) -> None:
    """Feedback with nothing in it would also pass the test for canaries."""
    made, files = middling()
    written = FORMATS[name](candidate_view(made), files).decode()
    for wanted in ("Errors are not swallowed", "1 handler hides what went wrong.", "silent-handler"):
        assert wanted in written
    assert "r.meyer" not in written
    assert "test_deep" not in written
