"""Scoring as a whole: bounds, order, gates, bands, judgements, outcomes."""

from __future__ import annotations

import re
from fractions import Fraction
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pydantic import ValidationError

from grader import evidence as e
from grader.rubric import Rubric, UnknownLevel, parse
from grader.scoring import Judgement, parse_judgements, possible_points, score
from grader.yaml_source import SourceError

PASSED, FAILED = e.TestOutcome.PASSED, e.TestOutcome.FAILED

HEAD = "rubric: 1\nname: r\ntitle: R\nversion: 1\n"
ITEM = "{id: core, kind: scaled, title: Core, points: 10, measure: hidden_tests.share}"
ASK = (
    "{id: ask, kind: human, title: Clear, points: 5, question: Clear?, "
    "choices: [{id: yes, share: 1, text: Y}, {id: so-so, share: 0.5, text: M}, {id: no, share: 0, text: N}]}"
)
LINT = "{id: lint, kind: deduction, title: Lint, points: 4, measure: lint.findings, each: 0.5, cap: 3, needs: %s}"
HALF = "{measure: hidden_tests.share, at_least: 50 %}"


def rubric(*items: str, extra: str = "", weight: str = "") -> Rubric:
    lines = "".join(f"      - {item}\n" for item in items)
    criterion = f"criteria:\n  - id: c\n    title: C\n    announced: It must work.\n{weight}    items:\n"
    return parse(HEAD + criterion + lines + extra, "r.yaml")


def findings(count: int) -> tuple[e.Finding, ...]:
    place = e.Place(path="solution.py", line=1)
    return tuple(e.Finding(tool="ruff", rule="F401", place=place, message="unused") for _ in range(count))


def test_a_perfect_submission_gets_every_point_of_the_default_rubric(
    make: Any, default_rubric: Rubric
) -> None:
    """A rubric whose reference cannot reach 100 % cannot be published."""
    report = score(default_rubric, make.evidence())
    assert report.score is not None
    assert (report.score.points, report.score.max, report.score.exact) == (100.0, 100.0, "1")
    assert report.recommendation == "Invite to the interview."


@pytest.mark.parametrize(
    "changes",
    [
        {"submission": e.Submission(digest="d", files=()), "reading": e.Reading()},
        {"reading": e.Reading(unreadable=(e.RefusedEntry(name="solution.py", reason="too deep"),))},
        {"reading": None},
        {},
    ],
    ids=["empty", "unreadable", "not-read", "passes-nothing"],
)
def test_nothing_that_works_earns_nothing(make: Any, default_rubric: Rubric, changes: dict[str, Any]) -> None:
    """An empty file has no lint findings and no complexity; that must not be worth a point."""
    report = score(default_rubric, make.evidence(hidden_tests=make.hidden(FAILED, FAILED), **changes))
    assert report.score is not None
    assert report.score.points == 0.0


@pytest.mark.parametrize("outcome", [e.Outcome.UNGRADABLE, e.Outcome.INFRASTRUCTURE_FAILED])
def test_what_could_not_be_graded_has_no_score(make: Any, default_rubric: Rubric, outcome: e.Outcome) -> None:
    """Not gradable and not graded are no zeros."""
    report = score(default_rubric, make.evidence(outcome=outcome, reason="The archive is damaged."))
    assert (report.score, report.band, report.criteria) == (None, None, ())
    assert (report.outcome, report.reason) == (outcome, "The archive is damaged.")


def test_missing_evidence_is_not_judged_and_gives_nothing(make: Any) -> None:
    """A stage that did not run must never look like a full mark."""
    report = score(rubric(ITEM), make.evidence(hidden_tests=None))
    item = report.criteria[0].items[0]
    assert (item.status, item.points, item.max) == ("not_judged", 0.0, 10.0)
    assert report.attention == ("Not judged, 0 points: Core. No hidden tests were run.",)


def test_the_first_units_of_a_deduction_can_be_free(make: Any) -> None:
    """One slip is human."""
    free = LINT.replace("each", "free: 2, each") % HALF
    points = [
        score(rubric(free), make.evidence(reading=make.reading(findings=findings(count)))).criteria[0].points
        for count in (2, 3)
    ]
    assert points == [4.0, 3.5]


@pytest.mark.parametrize(("share", "points"), [(0, 0.0), (1, 0.0), (2, 5.0), (3, 10.0), (4, 10.0)])
def test_a_scale_goes_in_straight_lines_and_is_flat_beyond_its_ends(
    make: Any, share: int, points: float
) -> None:
    """Half way between two pairs of the scale lies half way between their points."""
    scaled = ITEM.replace("}", ", scale: [[25 %, 0], [75 %, 1]]}")
    tests = make.hidden(*[PASSED] * share, *[FAILED] * (4 - share))
    assert score(rubric(scaled), make.evidence(hidden_tests=tests)).criteria[0].points == points


def test_a_condition_that_does_not_hold_is_said_in_words(make: Any) -> None:
    """Whoever lost a point reads what was asked for."""
    item = "{id: y, kind: yes_no, title: Y, points: 1, condition: {measure: own_tests.count, above: 2, at_most: 9}}"
    found = score(rubric(item), make.evidence()).criteria[0].items[0]
    asked = "own tests that pass and assert something: at most 9 and above 2."
    assert (found.points, found.why) == (0.0, f"2 tests of its own, passing. Asked for: {asked}")


@pytest.mark.parametrize(
    ("tests", "known_bad", "points"),
    [((PASSED,), "rejected", 10.0), ((PASSED,), "accepted", 0.0), ((FAILED,), "rejected", 0.0)],
)
def test_what_an_item_and_its_criterion_need_must_both_hold(
    make: Any, tests: tuple[e.TestOutcome, ...], known_bad: str, points: float
) -> None:
    """Points for tests go to tests that find something, and only beside code that works."""
    item = "{id: i, kind: scaled, title: I, points: 10, measure: own_tests.accepts_reference, needs: %s}"
    caught = item % "{measure: own_tests.known_bad_caught, at_least: 10 %}"
    variants = (
        e.Variant(name="reference", role="reference", outcome="accepted", passed=2),
        e.Variant(name="bug", role="known_bad", outcome=known_bad, passed=1),  # type: ignore[arg-type]
    )
    found = make.evidence(hidden_tests=make.hidden(*tests), own_tests=make.own(variants=variants))
    report = score(rubric(caught, weight=f"    needs: {HALF}\n"), found)
    assert report.criteria[0].points == points


@pytest.mark.parametrize("needs", ["", f", needs: {HALF}"], ids=["own-measure", "needs"])
def test_what_is_flaky_throughout_waits_for_a_person(make: Any, needs: str) -> None:
    """Neither the measure nor what it needs can be told, and that costs nothing."""
    shaky = make.hidden(FAILED, criteria=("odd",)).tests[0].model_copy(update={"flaky": True})
    suite = e.HiddenTests(suite_digest="s", tests=(*make.hidden(*[PASSED] * 9).tests, shaky))
    with_odd = ITEM.replace("}", ", with: {criterion: odd}}")
    needing = (LINT % "{measure: hidden_tests.share, with: {criterion: odd}, at_least: 1}").replace(
        "lint,", "l,"
    )
    asked = needing if needs else with_odd
    report = score(rubric(asked), make.evidence(hidden_tests=suite))
    assert report.criteria[0].items[0].status == "needs_human"
    assert report.score is not None
    assert (report.score.max, report.band) == (0.0, None)


def test_bands_and_words_begin_exactly_where_they_say(make: Any) -> None:
    """75 % is 75 %, not a rounding below it."""
    extra = (
        "bands:\n  - {id: low, title: L, from: 0, recommendation: No.}\n"
        "  - {id: high, title: H, from: 75 %, recommendation: Yes.}\n"
        "words:\n  - {from: 0, word: weak}\n  - {from: 75 %, word: good}\n"
    )
    report = score(
        rubric(ITEM, extra=extra), make.evidence(hidden_tests=make.hidden(PASSED, PASSED, PASSED, FAILED))
    )
    assert (report.recommendation, report.criteria[0].word) == ("Yes.", "good")


def test_a_reviewer_is_told_what_to_look_at(make: Any, default_rubric: Rubric) -> None:
    """What weakens the evidence is said beside the points."""
    shaky = make.hidden(FAILED).tests[0].model_copy(update={"flaky": True})
    suite = e.HiddenTests(
        suite_digest="s", tests=(shaky, *make.hidden(*[PASSED] * 9).tests), problem="import failed"
    )
    not_run = e.Variant(name="v", role="known_bad", outcome="not_run")
    own = make.own(problem="crashed", limit="own_tests_seconds", variants=(not_run,))
    silenced = (e.Suppression(place=e.Place(path="solution.py"), text="# noqa"),)
    unreadable = (e.RefusedEntry(name="README.md", reason="too large"),)
    read = make.reading(suppressions=silenced, unreadable=unreadable)
    report = score(default_rubric, make.evidence(hidden_tests=suite, own_tests=own, reading=read))
    assert report.attention == (
        "1 hidden test flaky: left out of the count.",
        "Hidden tests: import failed",
        "Own tests: crashed",
        "Own tests: stopped at the limit own_tests_seconds.",
        "Own tests: not run against 1 of 1 other solution.",
        "Not readable: README.md: too large",
        "1 attempt to silence a tool, without effect.",
    )


@pytest.mark.parametrize(("count", "points"), [(0, 4.0), (1, 3.5), (6, 1.0), (7, 1.0), (5000, 1.0)])
def test_a_deduction_stops_at_its_cap(make: Any, count: int, points: float) -> None:
    """One habit repeated everywhere must not eat the whole criterion."""
    report = score(rubric(LINT % HALF), make.evidence(reading=make.reading(findings=findings(count))))
    assert report.criteria[0].points == points


def test_a_penalty_takes_from_its_criterion_but_not_below_zero(make: Any) -> None:
    """Penalties are bounded by the criterion that announced them."""
    penalty = "{id: p, kind: deduction, title: P, points: 0, cap: 20, measure: suppressions.count, each: 6}"
    silenced = tuple(e.Suppression(place=e.Place(path="solution.py"), text="# noqa") for _ in range(2))
    report = score(rubric(ITEM, penalty), make.evidence(reading=make.reading(suppressions=silenced)))
    criterion = report.criteria[0]
    assert (criterion.points, criterion.items[1].points, criterion.items[1].max) == (0.0, -12.0, 0.0)


def test_a_weight_scales_every_item_exactly(make: Any) -> None:
    """Thirds must add up to the weight, without a rounding left over."""
    items = [
        f"{{id: i{n}, kind: scaled, title: T, points: 1, measure: hidden_tests.share}}" for n in range(3)
    ]
    report = score(rubric(*items, weight="    weight: 10\n"), make.evidence())
    assert [item.points for item in report.criteria[0].items] == [3.33, 3.33, 3.33]
    assert report.criteria[0].points == 10.0


def test_a_gate_bounds_the_total_unless_its_condition_is_known_to_hold(make: Any) -> None:
    """A gate that cannot be looked at stays closed."""
    gate = f"gates:\n  - {{id: works, title: Works, unless: {HALF}, total_at_most: 10 %}}\n"
    gated = rubric(ITEM, extra=gate)
    low = score(gated, make.evidence(hidden_tests=make.hidden(PASSED, FAILED, FAILED)))
    assert (low.score.points, low.gates[0].applied) == (1.0, True)  # type: ignore[union-attr]
    assert not score(gated, make.evidence()).gates[0].applied
    assert score(gated, make.evidence(hidden_tests=None)).gates[0].applied


def test_a_human_item_counts_neither_way_until_it_is_answered(make: Any) -> None:
    """A question nobody answered is no zero, and the report says that it is open."""
    bands = "bands:\n  - {id: b, title: B, from: 0, recommendation: Go on.}\n"
    asked = rubric(ITEM, ASK, extra=bands)
    report = score(asked, make.evidence())
    assert report.score is not None
    assert report.band is not None
    assert (report.score.points, report.score.max, report.score.pending) == (10.0, 10.0, 5.0)
    assert report.band.provisional
    assert report.attention[0].startswith("Needs a person: Clear.")
    answer = Judgement(target="ask", by="ana", reason="One long function.", choice="so-so")
    answered = score(asked, make.evidence(), judgements=[answer])
    assert answered.score is not None
    assert (answered.score.points, answered.score.max, answered.score.pending) == (12.5, 15.0, 0.0)


def test_a_person_overrides_what_was_measured_and_the_last_word_counts(make: Any) -> None:
    """Human judgement wins, with name and reason, and what was measured stays visible."""
    words = [
        Judgement(target="core", by="ana", reason="First look.", points=Fraction(1)),
        Judgement(target="core", by="ben", reason="The suite was wrong.", points=Fraction(15, 2)),
    ]
    item = score(rubric(ITEM), make.evidence(), judgements=words).criteria[0].items[0]
    assert (item.points, item.why) == (7.5, "ben: The suite was wrong.")
    assert item.override is not None
    assert item.override.measured_points == 10.0


def test_whoever_gives_the_most_that_is_shown_gives_all_of_it(make: Any) -> None:
    """What an item can get is shown rounded: 16.67 of 16 2/3 is all, and no hundredth more than there is."""
    weighed = rubric(
        ITEM, ITEM.replace("core", "other"), ITEM.replace("core", "third"), weight="    weight: 50\n"
    )
    assert possible_points(weighed)["core"] == (0.0, 16.67)
    judgements = [
        Judgement(target=item, by="ana", reason="r", points=Fraction("16.67"))
        for item in ("core", "other", "third")
    ]
    result = score(weighed, make.evidence(), judgements=judgements).score
    assert result is not None
    assert (result.points, result.exact) == (50.0, "1")


@pytest.mark.parametrize(
    ("judgement", "said"),
    [
        (Judgement(target="core", by="ana", reason="r", points=Fraction(11)), "0 to 10 are possible"),
        (Judgement(target="ask", by="ana", reason="r", choice="perhaps"), "no choice `perhaps`"),
        (Judgement(target="core", by="ana", reason="r", choice="yes"), "takes points"),
        (Judgement(target="gone", by="ana", reason="r", points=Fraction(1)), "nothing of that name"),
    ],
    ids=["too-many-points", "unknown-choice", "choice-for-a-measure", "unknown-item"],
)
def test_a_judgement_that_no_longer_fits_is_reported(make: Any, judgement: Judgement, said: str) -> None:
    """Promise 7: a rubric change must not lose or bend what a person decided."""
    report = score(rubric(ITEM, ASK), make.evidence(), judgements=[judgement])
    assert any(said in remark and "ana" in remark for remark in report.attention)
    touched = [item for item in report.criteria[0].items if item.id == judgement.target]
    assert all(item.status == "needs_human" for item in touched)


@pytest.mark.parametrize("decisions", [{}, {"choice": "a", "points": 1}, {"points": 1, "waive": True}])
def test_a_judgement_is_one_decision(decisions: dict[str, Any]) -> None:
    """Two decisions in one could contradict each other."""
    with pytest.raises(ValidationError, match="exactly one of"):
        Judgement(target="core", by="ana", reason="r", **decisions)


def test_judgements_are_read_from_the_file_of_the_documentation(make: Any, project: Path) -> None:
    """Without pages to click on, a reviewer writes a file."""
    rubric_text, _, judgement_text = re.findall(
        r"```yaml\n(.*?)```", (project / "docs" / "rubrics.md").read_text(encoding="utf-8"), re.DOTALL
    )
    judgements = parse_judgements(judgement_text, "judgements.yaml")
    tests = (
        make.hidden(PASSED, criteria=("plain",)).tests + make.hidden(FAILED, FAILED, criteria=("odd",)).tests
    )
    evidence = make.evidence(hidden_tests=e.HiddenTests(suite_digest="s", tests=tests))
    report = score(parse(rubric_text, "rubric.yaml"), evidence, judgements=judgements)
    points = {item.id: item.points for criterion in report.criteria for item in criterion.items}
    assert (points["clarity"], points["odd-names"], report.gates[0].applied) == (5.0, 20.0, False)


def test_a_file_of_judgements_says_what_is_wrong_and_where() -> None:
    """A decision on a person's work must not be misread."""
    text = "judgements:\n  - {target: a, by: b, reason: r}\n  - {target: a, by: b, points: 1}\n"
    with pytest.raises(SourceError) as caught:
        parse_judgements(text, "j.yaml")
    assert str(caught.value).splitlines() == [
        "j.yaml:2: judgements[0]: a judgement holds exactly one of choice, points and waive.",
        "j.yaml:3: judgements[1]: `reason` is missing.",
    ]


def test_a_person_can_waive_a_gate(make: Any) -> None:
    """A gate closed by mistake must not need a new rubric."""
    gate = f"gates:\n  - {{id: works, title: Works, unless: {HALF}, total_at_most: 0}}\n"
    waiver = Judgement(target="works", by="ana", reason="The tests were wrong.", waive=True)
    evidence = make.evidence(hidden_tests=make.hidden(PASSED, FAILED, FAILED, FAILED))
    report = score(rubric(ITEM, extra=gate), evidence, judgements=[waiver])
    assert report.score is not None
    assert report.score.points == 2.5
    assert report.gates[0].waived is not None
    assert not report.gates[0].applied


def test_a_level_changes_points_by_id_and_an_unknown_one_is_refused(make: Any) -> None:
    """Juniors and seniors share one rubric."""
    leveled = rubric(ITEM, extra="levels:\n  junior:\n    title: J\n    items: {core: {points: 6}}\n")
    report = score(leveled, make.evidence(), level="junior")
    assert report.score is not None
    assert report.score.max == 6.0
    assert report.rubric.level == "junior"
    with pytest.raises(UnknownLevel, match="It has: junior"):
        score(leveled, make.evidence(), level="principal")


def test_equal_evidence_gives_the_same_bytes_whatever_the_order_of_its_mappings(
    make: Any, default_rubric: Rubric
) -> None:
    """A database that forgets the order of keys must not change a report."""
    backwards = make.reading(figures=dict(reversed(make.reading().figures.items())))
    one = score(default_rubric, make.evidence()).model_dump_json()
    assert score(default_rubric, make.evidence(reading=backwards)).model_dump_json() == one


OUTCOMES = st.lists(st.sampled_from(list(e.TestOutcome)), min_size=1, max_size=12)


@given(OUTCOMES, st.integers(0, 40), st.integers(1, 30))
@settings(deadline=None)
def test_points_stay_in_bounds(
    make: Any, default_rubric: Rubric, outcomes: list[e.TestOutcome], lint: int, complexity: int
) -> None:
    """No evidence gives less than nothing or more than everything, in any item."""
    function = e.FunctionComplexity(
        place=e.Place(path="solution.py"), name="f", cyclomatic=complexity, lines=5
    )
    read = make.reading(findings=findings(lint), functions=(function,))
    report = score(default_rubric, make.evidence(hidden_tests=make.hidden(*outcomes), reading=read))
    assert report.score is not None
    assert 0 <= report.score.points <= report.score.max == 100
    for criterion in report.criteria:
        assert 0 <= criterion.points <= criterion.max
        assert all(0 <= item.points <= item.max for item in criterion.items)


@given(OUTCOMES, st.lists(st.booleans(), min_size=12, max_size=12), st.data())
@settings(deadline=None)
def test_one_more_passing_test_never_lowers_the_score(
    make: Any, default_rubric: Rubric, outcomes: list[e.TestOutcome], flaky: list[bool], data: st.DataObject
) -> None:
    """Neither a gate, nor `needs`, nor the bound on flaky tests may punish progress."""
    tests = [
        test.model_copy(update={"flaky": shaky})
        for test, shaky in zip(make.hidden(*outcomes).tests, flaky, strict=False)
    ]
    index = data.draw(st.integers(0, len(tests) - 1))
    better = [*tests]
    better[index] = tests[index].model_copy(update={"outcome": PASSED, "flaky": False})
    before, after = (
        score(default_rubric, make.evidence(hidden_tests=e.HiddenTests(suite_digest="s", tests=tuple(each))))
        for each in (tests, better)
    )
    assert before.score is not None
    assert after.score is not None
    assert Fraction(before.score.exact) <= Fraction(after.score.exact)
