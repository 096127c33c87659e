"""What holds for the rubric of every take-home: complete, fair between levels, and nothing to be had for empty tests.

Pure: nothing is run. Whether reference and broken solutions score as they should, `grader takehome check` tries.
"""

from __future__ import annotations

import json
import re
from fractions import Fraction
from functools import cache
from itertools import pairwise
from pathlib import Path

import pytest

from grader import evidence as e
from grader.library import built_in
from grader.rubric import Rubric, at_level, levels_not_announced, not_announced, parse
from grader.rubric.model import Human, Scaled
from grader.scoring import score
from grader.takehome import Takehome, find, names, shelf

PASSED = e.TestOutcome.PASSED
LEVELS = ("junior", "mid", "senior", "staff")
TAKEHOMES = tuple(names(shelf()))
WITH_TESTS = tuple(name for name in TAKEHOMES if name != "bughunt-ledger")
"""A bug hunt asks for one test, which must fail on the original."""
UNDETECTED = ("inventory-api",)
"""Tests of it are run on the candidate's own code only, and it is too small to wait for mutants: a test that asserts
next to nothing cannot be told from one that asserts much."""
NOBODY_ASKS = {
    "non-english-names": "whether it matters is for the brief to say",
    "denied-import": "a take-home that rules modules out names them",
    "long-function": "complexity.long_functions has a limit that rubrics choose",
}


PROJECT = Path(__file__).parents[2]


@cache
def takehome_of(name: str) -> Takehome:
    return find(name, shelf())


@cache
def rubric_of(name: str) -> Rubric:
    return parse(takehome_of(name).rubric_yaml, name, built_in())


def evidence_of(takehome: Takehome, own: e.OwnTests) -> e.Evidence:
    """A submission that is right in every way, with these tests."""
    rubric = rubric_of(takehome.name)
    paths = [path for path in takehome.reference if path.endswith(".py")]
    files = tuple(
        e.SubmittedFile(path=path, size=100, sha256="0", kind="test" if "test" in path else "source")
        for path in (*paths, "test_own.py")
    )
    tests = tuple(
        e.HiddenTest(id=one.id, criteria=(one.id,), outcome=PASSED)
        for one in rubric.criteria
        for _ in range(2)
    )
    return e.Evidence(
        outcome=e.Outcome.GRADED,
        submission=e.Submission(digest="0", files=files),
        takehome=e.TakehomeId(name=takehome.name, title="", digest="0"),
        environment=e.EnvironmentId(name="base", image="", runtime=""),
        hidden_tests=e.HiddenTests(suite_digest="0", tests=tests),
        own_tests=own,
        reading=e.Reading(figures={"sloc": 500, "identifiers": 50}),
    )


def empty_tests(takehome: Takehome, assertions: int) -> e.OwnTests:
    """Thirty tests that reach every line and notice nothing, not even a wrong solution."""
    rules = takehome.spec.own_tests
    variants = [e.Variant(name="reference", role="reference", outcome="accepted", passed=30)]
    variants += [
        e.Variant(name=name, role="known_bad", outcome="accepted", passed=30) for name in rules.known_bad
    ]
    if rules.original:
        variants.append(e.Variant(name="original", role="original", outcome="accepted", passed=30))
    return e.OwnTests(
        tests=tuple(
            e.OwnTest(id=f"test_own.py::test_{number}", outcome=PASSED, assertions=assertions)
            for number in range(30)
        ),
        coverage=tuple(
            e.FileCoverage(path=path, statements=50, covered=50, branches=20, branches_covered=20)
            for path in takehome.reference
            if path.endswith(".py")
        ),
        variants=tuple(variants) if rules.reference else (),
        mutation=e.Mutation(
            mutants=tuple(
                e.Mutant(place=e.Place(path="a.py"), diff="", outcome="survived") for _ in range(20)
            ),
            controls=4,
        ),
        orders=(e.OrderedRun(order="reversed"), e.OrderedRun(order="shuffled")),
    )


@pytest.mark.parametrize("name", TAKEHOMES)
def test_every_item_is_explained_and_every_weight_has_a_reason(name: str) -> None:
    """Who loses a point sees a good and a bad example, and why it counts."""
    rubric = rubric_of(name)
    for level in (None, *rubric.levels):
        for criterion in at_level(rubric, level).criteria:
            assert criterion.weight_why, criterion.id
            for item in criterion.items:
                assert all((item.explain.what, item.explain.why, item.explain.good, item.explain.bad)), (
                    item.id
                )


@pytest.mark.parametrize("name", TAKEHOMES)
def test_levels_are_announced_and_differ(name: str) -> None:
    """Four of them, each with a sentence of the brief and a time, and no two ask for the same."""
    takehome = takehome_of(name)
    rubric = rubric_of(takehome.name)
    assert tuple(rubric.levels) == LEVELS
    assert not_announced(rubric, takehome.brief) == ()
    assert levels_not_announced(rubric, takehome.brief) == ()
    asked = {
        json.dumps(level.model_dump(mode="json", exclude={"title", "announced", "minutes"}))
        for level in rubric.levels.values()
    }
    assert len(asked) == len(LEVELS)
    times = [level.minutes for level in rubric.levels.values()]
    assert all(times)
    assert times == sorted(times, reverse=True, key=lambda minutes: minutes or 0)


@pytest.mark.parametrize("name", TAKEHOMES)
def test_no_level_asks_for_less_than_the_one_below(name: str) -> None:
    """What earns all points of an item at senior level earns no more at staff level, and so on."""
    rubric = rubric_of(name)
    for lower, upper in pairwise(LEVELS):
        below = {item.id: item for each in at_level(rubric, lower).criteria for item in each.items}
        above = {item.id: item for each in at_level(rubric, upper).criteria for item in each.items}
        assert below.keys() - above.keys() == set(), f"{upper} drops what {lower} asks for"
        for item in above.values():
            easier = below.get(item.id)
            if isinstance(item, Scaled) and isinstance(easier, Scaled) and item.scale and easier.scale:
                values = sorted({value for value, _ in (*item.scale, *easier.scale)})
                for value in values:
                    assert _share(item, value) <= _share(easier, value), f"{upper}/{item.id} at {value}"


def _share(item: Scaled, at: Fraction) -> Fraction:
    """What a scale gives at a value: straight lines between its pairs, flat beyond them."""
    assert item.scale
    pairs = list(item.scale)
    if at <= pairs[0][0]:
        return Fraction(pairs[0][1])
    for (left, low), (right, high) in pairwise(pairs):
        if at <= right:
            return low + (high - low) * (at - left) / Fraction(right - left)
    return Fraction(pairs[-1][1])


@pytest.mark.parametrize("name", TAKEHOMES)
def test_higher_levels_ask_a_person_too(name: str) -> None:
    """What sets a staff engineer apart stands in no figure."""
    rubric = rubric_of(name)
    human = [
        sum(isinstance(item, Human) for each in at_level(rubric, level).criteria for item in each.items)
        for level in LEVELS
    ]
    assert human == sorted(human)
    assert human[-1] > human[1]


@pytest.mark.parametrize("level", [None, *LEVELS])
@pytest.mark.parametrize("name", WITH_TESTS)
def test_tests_that_assert_nothing_earn_nothing(name: str, level: str | None) -> None:
    """However many they are and however much they run."""
    takehome = takehome_of(name)
    report = score(
        rubric_of(takehome.name), evidence_of(takehome, empty_tests(takehome, assertions=0)), level=level
    )
    [tests] = [criterion for criterion in report.criteria if criterion.id == "tests"]
    assert tests.max > 0
    assert [item.id for item in tests.items if item.points] == []


@pytest.mark.parametrize("level", [None, *LEVELS])
@pytest.mark.parametrize("name", [name for name in WITH_TESTS if name not in UNDETECTED])
def test_tests_that_notice_nothing_earn_nothing(name: str, level: str | None) -> None:
    """`assert result is not None` is an assertion, too."""
    takehome = takehome_of(name)
    report = score(
        rubric_of(takehome.name), evidence_of(takehome, empty_tests(takehome, assertions=3)), level=level
    )
    [tests] = [criterion for criterion in report.criteria if criterion.id == "tests"]
    assert [item.id for item in tests.items if item.points] == []


def test_every_check_of_ours_is_asked_for_somewhere() -> None:
    """A rule that no criterion looks at costs time and tells nobody anything."""
    page = (PROJECT / "docs" / "checks.md").read_text("utf-8")
    rules = re.findall(r"^## ([a-z]+(?:-[a-z0-9]+)*)$", page, flags=re.MULTILINE)
    asked = {
        word
        for text in (*built_in().values(), *(takehome_of(name).rubric_yaml for name in TAKEHOMES))
        for listed in re.findall(r"rules: \[([^\]]*)\]", text)
        for word in listed.split(", ")
    }
    silent = {rule for rule in rules if not any(rule.startswith(word) for word in asked)}
    assert silent == NOBODY_ASKS.keys()
