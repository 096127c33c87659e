"""The library of criteria: complete, usable as it is, and never changed once published."""

from __future__ import annotations

import hashlib
import json
from pathlib import Path

import pytest

from grader.library import built_in, criteria
from grader.library.page import page
from grader.rubric import parse
from grader.rubric.library import LibraryCriterion, read_entry
from grader.rubric.model import Scaled

PUBLISHED = json.loads(Path(__file__).with_name("library_digests.json").read_text(encoding="utf-8"))
ASKED_FOR = {
    "structure": "structure",
    "correctness": "correctness",
    "readability": "readability",
    "README and docs": "docs",
    "tests": "tests",
    "style and idiom": "style",
    "performance": "performance",
    "error handling": "errors",
    "easy to run": "running",
    "commit history": "history",
    "simplicity": "simplicity",
}
"""What 51 published briefs ask for, and the criterion that can say it."""


@pytest.mark.parametrize("wish", ASKED_FOR)
def test_whatever_briefs_ask_for_can_be_said(wish: str) -> None:
    """Design, section 1."""
    assert ASKED_FOR[wish] in {one.id for one in criteria()}


@pytest.mark.parametrize("name", built_in())
def test_a_published_version_never_changes(name: str) -> None:
    """A rubric that takes it must mean the same next year. What changes becomes the next version."""
    assert hashlib.sha256(built_in()[name].encode()).hexdigest() == PUBLISHED[name]


def test_no_published_version_goes() -> None:
    """A folder that uses it must stay readable."""
    assert PUBLISHED.keys() <= built_in().keys()


@pytest.mark.parametrize("one", criteria(), ids=lambda one: one.id)
def test_every_entry_makes_sense_in_a_rubric(one: LibraryCriterion) -> None:
    """Measures exist, points can be had, and nothing is earned by an empty file. Workloads are the rubric's to name."""
    load = [
        item.id for item in one.items if isinstance(item, Scaled) and item.measure.startswith("resources.")
    ]
    changes = ", ".join(f"{name}: {{with: {{workload: load}}}}" for name in load)
    use = f"{{use: library/{one.id}@{one.version}, announced: A, items: {{{changes}}}}}"
    text = f"rubric: 1\nname: x\ntitle: X\nversion: 1\ncriteria:\n  - {use}\n"
    [taken] = parse(text, "r.yaml", built_in()).criteria
    assert [item.title for item in taken.items] == [item.title for item in one.items]
    assert (taken.title, taken.weight, taken.weight_why) == (one.title, one.weight, one.weight_why)


@pytest.mark.parametrize("one", criteria(), ids=lambda one: one.id)
def test_every_item_says_what_why_and_shows_both_ways(one: LibraryCriterion) -> None:
    """The report shows it to someone who wants to do better."""
    for item in one.items:
        assert all((item.explain.what, item.explain.why, item.explain.good, item.explain.bad)), item.id


def test_names_follow_from_what_is_inside() -> None:
    """A file is found under the name and version that it gives itself."""
    for name, text in built_in().items():
        entry = read_entry(text, name)[1]
        assert name == f"{entry.id}@{entry.version}"


def test_the_page_is_up_to_date(project: Path) -> None:
    """`python -m grader.library > docs/criteria.md` renews it."""
    assert (project / "docs" / "criteria.md").read_text(encoding="utf-8") == page()
