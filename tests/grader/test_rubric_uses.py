"""`use:` in a rubric: what is taken from the library, what may be changed of it, and what is told when it fails."""

from __future__ import annotations

import re

import pytest

from grader.library import built_in
from grader.rubric import Rubric, at_level, digest, parse, self_contained
from grader.rubric.model import Deduction, Scaled
from grader.yaml_source import SourceError

TEXT = """\
rubric: 1
name: x
title: X
version: 1
criteria:
  - use: library/tests@1     # the whole criterion
    announced: "Write tests."
    weight: 17
    items:
      enough: {scale: [[0, 0], [8, 1]]}   # more of them
      real: {drop: true}
    add_items:
      - {use: library/docs@1/readme, points: 3}
  # between two
  - id: rest
    title: Rest
    announced: "Be tidy."
    items:
    - {use: library/errors@1, items: {narrow-try: {points: 4}}}
    - id: works
      kind: scaled
      title: Works
      points: 1
      measure: hidden_tests.share
    -   use: library/style@1/lint
        id: tidy
        free: 2
        # the end
  - {id: c, title: C, announced: C, items: [{use: library/history@1}, {use: library/running@1}]}
levels:
  senior:
    title: Senior
    add_items: {rest: [{use: library/design@1/growth}]}
"""


def read(text: str = TEXT) -> Rubric:
    return parse(text, "r.yaml", built_in())


def test_a_criterion_is_taken_with_its_items_and_the_authors_changes() -> None:
    """What is given replaces what the library says; all else is as it stands there."""
    tests = read().criteria[0]
    assert (tests.id, tests.title, tests.weight, tests.origin) == (
        "tests",
        "Your own tests",
        17,
        "library/tests@1",
    )
    assert tests.weight_why
    assert tests.needs is not None
    items = {item.id: item for item in tests.items}
    assert "real" not in items
    assert isinstance(items["enough"], Scaled)
    assert items["enough"].scale[1] == (8, 1)
    assert items["readme"].points == 3


def test_items_are_taken_with_what_their_criterion_needs() -> None:
    """An item that is best on an empty file must not earn points there because it moved to another criterion."""
    rest = {item.id: item for item in read().criteria[1].items}
    assert rest["narrow-try"].points == 4
    tidy = rest["tidy"]
    assert isinstance(tidy, Deduction)
    assert (tidy.free, tidy.origin) == (2, "library/style@1/lint")
    assert tidy.needs is not None


def test_a_level_can_take_items() -> None:
    """Seniors are asked for more."""
    senior = at_level(read(), "senior")
    assert senior.criteria[1].items[-1].origin == "library/design@1/growth"


def test_the_written_out_rubric_says_the_same_without_the_library() -> None:
    """A service stores it, so that no later release changes what a take-home is scored with."""
    whole = self_contained(TEXT, "r.yaml", built_in())
    assert "use:" not in whole
    assert digest(parse(whole, "r.yaml")) == digest(read())
    for comment in ("# between two", "# the end"):
        assert comment in whole


def test_a_rubric_that_uses_nothing_is_left_alone() -> None:
    """Its text is stored as it was written."""
    whole = self_contained(TEXT, "r.yaml", built_in())
    assert self_contained(whole, "r.yaml", {}) == whole


def test_the_digest_covers_what_was_taken() -> None:
    """Two releases with another library must not give two scores under one digest."""
    changed = {**built_in(), "history@1": built_in()["history@1"].replace("at_least: 3", "at_least: 4")}
    assert digest(parse(TEXT, "r.yaml", changed)) != digest(read())


@pytest.mark.parametrize(
    ("old", "new", "message"),
    [
        (
            "[[0, 0], [8, 1]]",
            "[[8, 0], [0, 1]]",
            "r.yaml:10: criteria[0].items.enough.scale: a scale needs two",
        ),
        (
            "enough:",
            "enogh:",
            "r.yaml:10: criteria[0].items.enogh: `tests@1` has no item `enogh`. Did you mean `enough`?",
        ),
        (
            "docs@1/readme,",
            "docs@1/radme,",
            "r.yaml:13: criteria[0].add_items[0].use: `docs@1` has no item `radme`.",
        ),
        (
            "tests@1",
            "tests@9",
            "r.yaml:6: criteria[0].use: the library has no `tests@9`. It has tests@1, tests@2.",
        ),
        (
            "library/tests@1",
            "tests",
            "r.yaml:6: criteria[0].use: `tests` is no name in the library. Write library/NAME@VERSION",
        ),
        (
            "history@1",
            "histroy@1",
            "r.yaml:29: criteria[2].items[0].use: the library has no `histroy@1`. Did you mean",
        ),
        (
            "{points: 4}",
            "{poimts: 4}",
            "r.yaml:19: criteria[1].items[0].items.narrow-try.poimts: `poimts` is not a field",
        ),
        (
            "{points: 4}",
            "{each: 4}",
            "r.yaml:19: criteria[1].items[0].items.narrow-try.each: `each` is not a field",
        ),
        (
            "measure: hidden_tests.share",
            "measure: luck",
            "r.yaml:24: criteria[1].items[1].measure: there is no measure",
        ),
        ("free: 2", "free: -2", "r.yaml:27: criteria[1].items[2].free: must not be negative."),
        ('    announced: "Write tests."\n', "", "r.yaml:6: criteria[0]: `announced` is missing."),
        ("id: tidy", "id: readme", "r.yaml:26: criteria[1].items[2].id: the id `readme` is used twice."),
        ("weight: 17", "weight: 0", "r.yaml:8: criteria[0].weight: a weight must be above 0."),
        (
            "design@1/growth",
            "design@1/grow",
            "levels.senior.add_items.rest[0].use: `design@1` has no item `grow`.",
        ),
    ],
)
def test_mistakes_are_told_where_the_author_made_them(old: str, new: str, message: str) -> None:
    """The file that is open in the editor, the line, and the way it is written there."""
    assert old in TEXT
    with pytest.raises(SourceError, match=re.escape(message)):
        read(TEXT.replace(old, new, 1))


def test_without_a_library_nothing_can_be_taken() -> None:
    """What a service stored must be complete in itself."""
    with pytest.raises(SourceError, match=r"r\.yaml:6: .*the library has no `tests@1`\. It has nothing\."):
        parse(TEXT, "r.yaml")
