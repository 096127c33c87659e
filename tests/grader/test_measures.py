"""Each measure on honest evidence, on none, and on evidence that was made to please it."""

from __future__ import annotations

from fractions import Fraction
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from grader import evidence as e
from grader.measures import CATALOGUE, Measured
from grader.measures.measure import MAX_LINKS, MAX_TEXT

PASSED, FAILED = e.TestOutcome.PASSED, e.TestOutcome.FAILED
SHARES = [name for name, measure in CATALOGUE.items() if measure.unit == "share"]
NO_ENTRY = "\N{EN DASH}"
FAULTS = {"own_tests.without_assertions", "own_tests.order_dependent"}
OWN = [name for name in CATALOGUE if name.startswith("own_tests.") and name not in FAULTS]
GIVEN: dict[str, dict[str, Any]] = {
    "complexity.worst_ratio": {"reference": 2},
    "figures.value": {"name": "functions"},
    "figures.ratio": {"of": "documented_functions", "over": "functions"},
    "files.count": {"match": ["readme*"]},
    "resources.memory_ratio": {"workload": "SECRET-load"},
    "resources.cpu_ratio": {"workload": "SECRET-load"},
    "resources.wall_ratio": {"workload": "SECRET-load"},
}
READ = [
    name
    for name in CATALOGUE
    if not name.startswith(("hidden_tests.", "own_tests.", "files.", "history.", "resources."))
]


def ask(name: str, evidence: e.Evidence, **given: Any) -> Measured:
    return CATALOGUE[name].of(evidence, given or GIVEN.get(name, {}))


def finding(rule: str, path: str = "solution.py", tool: str = "ruff", *, starter: bool = False) -> e.Finding:
    place = e.Place(path=path, line=4)
    return e.Finding(tool=tool, rule=rule, place=place, message="m\n" * 50, from_starter=starter)  # type: ignore[arg-type]


def own(outcome: e.TestOutcome = PASSED, assertions: int | None = 1) -> e.OwnTest:
    return e.OwnTest(id="test_own.py::t", outcome=outcome, assertions=assertions)


def test_every_measure_has_a_value_on_an_honest_submission(make: Any) -> None:
    """A measure that cannot be had is no measure."""
    variants = (*make.own().variants, e.Variant(name="o", role="original", outcome="rejected"))
    evidence = make.evidence(
        own_tests=make.own(variants=variants, mutation=make.mutation(), orders=make.orders())
    )
    values = {name: ask(name, evidence).value for name in CATALOGUE}
    assert values == {
        "hidden_tests.share": 1,
        "hidden_tests.passed": 4,
        "hidden_tests.all_passed": 1,
        "own_tests.count": 2,
        "own_tests.pass_share": 1,
        "own_tests.line_coverage": Fraction(9, 10),
        "own_tests.branch_coverage": Fraction(1, 2),
        "own_tests.accepts_reference": 1,
        "own_tests.known_bad_caught": Fraction(1, 2),
        "own_tests.rejects_original": 1,
        "own_tests.without_assertions": 0,
        "own_tests.mutation_score": Fraction(3, 4),
        "own_tests.order_dependent": 0,
        "lint.findings": 0,
        "lint.density": 0,
        "handling.findings": 0,
        "naming.findings": 0,
        "structure.findings": 0,
        "tests.findings": 0,
        "naming.score": 1,
        "suppressions.count": 0,
        "complexity.max": 3,
        "complexity.worst_ratio": Fraction(3, 2),
        "complexity.excess": 0,
        "complexity.functions_over": 0,
        "complexity.long_functions": 0,
        "complexity.maintainability": 80,
        "figures.value": 4,
        "figures.ratio": Fraction(3, 4),
        "files.count": 1,
        "history.commits": 2,
        "history.telling_messages": Fraction(1, 2),
        "history.spread": Fraction(1, 2),
        "resources.memory_ratio": 2,
        "resources.cpu_ratio": 3,
        "resources.wall_ratio": 4,
    }


@pytest.mark.parametrize("name", [name for name in CATALOGUE if name != "files.count"])
def test_a_stage_that_was_not_run_gives_no_value(make: Any, name: str) -> None:
    """Nobody looked, so nobody knows."""
    measured = ask(
        name, make.evidence(hidden_tests=None, own_tests=None, reading=None, history=None, resources=None)
    )
    assert measured.value is None
    assert measured.why


@pytest.mark.parametrize("name", READ)
def test_source_that_cannot_be_read_has_no_quality(make: Any, name: str) -> None:
    """A file that stops every parser would else be the cleanest of all."""
    unreadable = (e.RefusedEntry(name="solution.py", reason="nested too deep"),)
    assert ask(name, make.evidence(reading=make.reading(unreadable=unreadable))).value is None


@pytest.mark.parametrize("name", READ)
@pytest.mark.parametrize("files", [(), ("same",)], ids=["nothing", "only-the-starter"])
def test_without_source_of_ones_own_there_is_no_quality(make: Any, name: str, files: tuple[str, ...]) -> None:
    """Handing the starter back must not earn what its author wrote well."""
    submission = e.Submission(digest="d", files=tuple(make.file("solution.py", origin=o) for o in files))
    assert ask(name, make.evidence(submission=submission)).value is None


def test_broken_test_data_does_not_void_the_source(make: Any) -> None:
    """A parser's test suite holds files that do not parse."""
    unreadable = (e.RefusedEntry(name="test_own.py", reason="syntax error"),)
    evidence = make.evidence(reading=make.reading(unreadable=unreadable))
    assert ask("lint.findings", evidence).value == 0
    assert ask("tests.findings", evidence, where="tests").value is None


@pytest.mark.parametrize("outcome", [o for o in e.TestOutcome if o is not PASSED])
def test_only_passed_earns(make: Any, outcome: e.TestOutcome) -> None:
    """Missing, skipped and expected failures are what cheats report."""
    evidence = make.evidence(hidden_tests=make.hidden(PASSED, outcome))
    assert ask("hidden_tests.share", evidence).value == Fraction(1, 2)
    assert ask("hidden_tests.all_passed", evidence).value == 0


def test_hidden_tests_are_chosen_by_marker(make: Any) -> None:
    """Each criterion counts its own tests; a marker that no test has is no full mark."""
    suite = e.HiddenTests(
        suite_digest="s",
        tests=(
            *make.hidden(PASSED, criteria=("a", "b")).tests,
            *make.hidden(FAILED, criteria=("b",)).tests,
        ),
    )
    evidence = make.evidence(hidden_tests=suite)
    assert ask("hidden_tests.share", evidence, criterion="a").value == 1
    assert ask("hidden_tests.share", evidence, criterion="b").value == Fraction(1, 2)
    assert ask("hidden_tests.share", evidence, criterion="c").value is None


def flaky(make: Any, steady: int, shaky: int) -> e.Evidence:
    tests = [
        t.model_copy(update={"flaky": i < shaky})
        for i, t in enumerate(make.hidden(*[PASSED] * (steady + shaky)).tests)
    ]
    found: e.Evidence = make.evidence(hidden_tests=e.HiddenTests(suite_digest="s", tests=tuple(tests)))
    return found


def test_a_flaky_test_costs_nothing_but_an_unsteady_submission_does(make: Any) -> None:
    """Code that guesses must not shed the tests that it guessed wrong."""
    assert ask("hidden_tests.share", flaky(make, steady=3, shaky=1)).value == 1
    assert ask("hidden_tests.share", flaky(make, steady=2, shaky=1)).value == Fraction(2, 3)
    assert ask("hidden_tests.share", flaky(make, steady=0, shaky=5)).value == 0


def test_when_every_test_of_a_criterion_is_flaky_a_person_decides(make: Any) -> None:
    """There is nothing to count, and that is not the candidate's fault."""
    shaky = make.hidden(FAILED, criteria=("odd",)).tests[0].model_copy(update={"flaky": True})
    suite = e.HiddenTests(suite_digest="s", tests=(*make.hidden(*[PASSED] * 9).tests, shaky))
    measured = ask("hidden_tests.share", make.evidence(hidden_tests=suite), criterion="odd")
    assert (measured.value, measured.for_a_person) == (None, True)


@pytest.mark.parametrize("name", OWN)
@pytest.mark.parametrize(
    "tests",
    [(), (own(FAILED),), (own(assertions=0),), (own(assertions=None),), (own(e.TestOutcome.SKIPPED),)],
    ids=["none", "failing", "empty", "not-in-the-source", "skipped"],
)
def test_own_tests_that_check_nothing_are_worth_nothing(
    make: Any, name: str, tests: tuple[e.OwnTest, ...]
) -> None:
    """Coverage of 100 % without one assertion is the oldest trick."""
    variants = (*make.own().variants, e.Variant(name="o", role="original", outcome="rejected"))
    assert ask(name, make.evidence(own_tests=make.own(tests=tests, variants=variants))).value == 0


@pytest.mark.parametrize("name", OWN)
def test_tests_that_came_with_the_starter_are_not_ones_own(make: Any, name: str) -> None:
    """Handing given tests back must not earn what their author wrote well; changing them may."""
    variants = (*make.own().variants, e.Variant(name="o", role="original", outcome="rejected"))
    values = []
    for origin in ("same", "changed"):
        files = (make.file("solution.py"), make.file("test_own.py", "test", origin))
        submission = e.Submission(digest="d", files=files)
        values.append(
            ask(name, make.evidence(submission=submission, own_tests=make.own(variants=variants))).value
        )
    assert values[0] == 0
    assert values[1] != 0


@pytest.mark.parametrize(("outcome", "passed"), [("rejected", 0), ("accepted", 0), ("not_run", 0)])
def test_tests_that_reject_the_reference_catch_nothing(make: Any, outcome: Any, passed: int) -> None:
    """Failing on everything, or skipping everywhere but at home, catches every bug and proves none."""
    reference = e.Variant(name="reference", role="reference", outcome=outcome, passed=passed)
    bad = e.Variant(name="b", role="known_bad", outcome="rejected", failed=1)
    evidence = make.evidence(own_tests=make.own(variants=(reference, bad)))
    assert ask("own_tests.known_bad_caught", evidence).value == 0
    assert ask("own_tests.accepts_reference", evidence).value == 0


def test_without_a_reference_the_own_tests_must_all_pass_at_home(make: Any) -> None:
    """Else one failing test would reject every known-bad solution."""
    bad = e.Variant(name="b", role="known_bad", outcome="rejected", failed=1)
    honest = make.evidence(own_tests=make.own(variants=(bad,)))
    assert ask("own_tests.known_bad_caught", honest).value == 1
    failing = make.evidence(own_tests=make.own(tests=(own(), own(FAILED)), variants=(bad,)))
    assert ask("own_tests.known_bad_caught", failing).value == 0


def test_a_known_bad_solution_that_was_not_run_was_not_caught(make: Any) -> None:
    """Tests that crash before they judge must not shrink the count."""
    missing = e.Variant(name="c", role="known_bad", outcome="not_run", reason="timed out")
    evidence = make.evidence(own_tests=make.own(variants=(*make.own().variants, missing)))
    assert ask("own_tests.known_bad_caught", evidence).value == Fraction(1, 3)


def test_code_without_branches_is_judged_by_its_statements(make: Any) -> None:
    """Straight code is no fault."""
    straight = e.FileCoverage(path="solution.py", statements=4, covered=3, branches=0, branches_covered=0)
    evidence = make.evidence(own_tests=make.own(coverage=(straight,)))
    assert ask("own_tests.branch_coverage", evidence).value == Fraction(3, 4)


def test_coverage_counts_submitted_files_once(make: Any) -> None:
    """Coverage of a file that nobody handed in would dilute what is not covered."""
    real = e.FileCoverage(path="solution.py", statements=4, covered=1, branches=0, branches_covered=0)
    made_up = real.model_copy(update={"path": "huge.py", "statements": 10**6, "covered": 10**6})
    evidence = make.evidence(own_tests=make.own(coverage=(made_up, real, real)))
    assert ask("own_tests.line_coverage", evidence).value == Fraction(1, 4)


def test_findings_are_chosen_by_rule_place_and_origin(make: Any) -> None:
    """Nobody pays for given code, and an author decides which rules count where."""
    found = (
        finding("F401"),
        finding("E501"),
        finding("F401", "test_own.py"),
        finding("F811", starter=True),
        finding("bare-except", tool="handling"),
    )
    evidence = make.evidence(reading=make.reading(findings=found))
    assert ask("lint.findings", evidence).value == 3
    assert ask("lint.findings", evidence, where="source").value == 2
    assert ask("lint.findings", evidence, where="tests").value == 1
    assert ask("lint.findings", evidence, rules=["F"]).value == 2
    assert ask("lint.findings", evidence, ignore=["F"]).value == 1
    assert ask("lint.density", evidence).value == 6
    assert ask("handling.findings", evidence).value == 1


def test_a_finding_on_a_file_that_is_not_there_counts(make: Any) -> None:
    """The missing README is a finding on README.md."""
    missing = finding("missing-readme", "docs/README.md", "structure")
    assert ask("structure.findings", make.evidence(reading=make.reading(findings=(missing,)))).value == 1


def test_functions_that_were_given_out_do_not_count(make: Any) -> None:
    """Complexity is judged on what the candidate wrote."""
    places = {"mine": "solution.py", "given": "solution.py", "check": "test_own.py"}
    functions = tuple(
        e.FunctionComplexity(
            place=e.Place(path=path), name=name, cyclomatic=20, lines=90, from_starter=name == "given"
        )
        for name, path in places.items()
    )
    evidence = make.evidence(reading=make.reading(functions=functions))
    assert ask("complexity.functions_over", evidence).value == 1
    assert ask("complexity.functions_over", evidence, limit=20).value == 0
    assert ask("complexity.long_functions", evidence, where="all").value == 2
    assert [link.ref for link in ask("complexity.max", evidence).links] == ["mine"]


def test_names_cost_by_how_much_they_hide(make: Any) -> None:
    """A name counts once, at its worst; what is named in the starter costs nothing."""
    spots = [("meaningless-name", 1), ("convention", 1), ("convention", 2), ("single-letter", 3)]
    findings = [
        e.Finding(
            tool="naming", rule=rule, place=e.Place(path="solution.py", line=line, column=1), message=rule
        )
        for rule, line in spots
    ]
    findings.append(finding("misleading-name", tool="naming", starter=True))
    evidence = make.evidence(reading=make.reading(findings=tuple(findings), figures={"identifiers": 10}))
    measured = ask("naming.score", evidence)
    assert measured.value == Fraction(8, 10)
    assert [link.ref for link in measured.links] == ["meaningless-name", "convention", "single-letter"]
    assert ask("naming.score", evidence, ignore=["convention"]).value == Fraction(85, 100)
    assert ask("naming.score", make.evidence(reading=make.reading(figures={}))).value is None


def test_each_function_is_held_against_the_reference_of_its_name(make: Any) -> None:
    """A long chain of ifs cannot hide behind many short functions, as it can behind a mean."""
    place = e.Place(path="solution.py", line=1)
    functions = [("flatten", 12), ("helper", 11), ("outer", 9), ("outer.<locals>.inner", 30), ("small", 1)]
    made = tuple(
        e.FunctionComplexity(place=place, name=name, cyclomatic=cyclomatic, lines=5)
        for name, cyclomatic in functions
    )
    evidence = make.evidence(reading=make.reading(functions=made))
    measured = ask("complexity.excess", evidence, functions={"flatten": 4}, limit=10)
    assert measured.value == (12 - 6) + (11 - 10)
    assert [link.ref for link in measured.links] == ["flatten", "helper"]
    assert ask("complexity.excess", evidence, functions={"flatten": 4}, times=3).value == 1
    assert ask("complexity.excess", evidence, functions={"flatten": 8}).value == 1


def test_what_is_left_of_the_starter_counts_where_a_rubric_says_so(make: Any) -> None:
    """Where given code is to be improved, a fault that is still there is one, whoever wrote it."""
    given_out = e.FunctionComplexity(
        place=e.Place(path="given.py"), name="given", cyclomatic=40, lines=90, from_starter=True
    )
    files = (make.file("given.py", origin="same"), make.file("solution.py"))
    found = (
        finding("F1", "given.py", starter=True),
        finding("global-state", "given.py", "structure", starter=True),
    )
    evidence = make.evidence(
        submission=e.Submission(digest="d", files=files),
        reading=make.reading(functions=(given_out,), findings=found),
    )
    assert ask("complexity.functions_over", evidence, starter=True).value == 1
    assert ask("complexity.max", evidence, starter=True).value == 40
    assert ask("lint.findings", evidence, starter=True).value == 1
    assert ask("structure.findings", evidence, starter=True, where="source").value == 1
    assert ask("complexity.functions_over", evidence).value == 0
    assert ask("structure.findings", evidence).value == 0


def test_code_without_functions_has_no_complexity(make: Any) -> None:
    """A most complex of none cannot be had."""
    evidence = make.evidence(reading=make.reading(functions=(), files=()))
    for name in ("complexity.max", "complexity.worst_ratio", "complexity.maintainability", "lint.density"):
        assert ask(name, evidence).value is None


@pytest.mark.parametrize(
    ("name", "role"), [("known_bad_caught", "known_bad"), ("accepts_reference", "reference")]
)
def test_solutions_that_a_takehome_does_not_have_give_no_value(make: Any, name: str, role: str) -> None:
    """An author who asks for what was never run must notice."""
    variants = tuple(variant for variant in make.own().variants if variant.role != role)
    assert ask(f"own_tests.{name}", make.evidence(own_tests=make.own(variants=variants))).value is None
    assert ask("own_tests.line_coverage", make.evidence(own_tests=make.own(coverage=()))).value is None


def test_files_count_when_they_are_new_and_not_empty(make: Any) -> None:
    """An untouched README of the starter is not a README of the candidate's."""
    files = (
        make.file("README.md", "doc", "same"),
        make.file("docs/readme.txt", "doc"),
        make.file("README", size=0),
    )
    evidence = make.evidence(submission=e.Submission(digest="d", files=files))
    assert ask("files.count", evidence, match=["README*"]).value == 0
    assert ask("files.count", evidence, match=["*readme*"]).value == 1


@pytest.mark.parametrize(
    "figures",
    [{}, {"documented_functions": 1, "functions": 0}, {"documented_functions": float("nan"), "functions": 2}],
)
def test_figures_that_are_missing_or_odd_have_no_value(make: Any, figures: dict[str, float]) -> None:
    """Nothing divided by nothing is not everything."""
    assert ask("figures.ratio", make.evidence(reading=make.reading(figures=figures))).value is None


def test_links_are_bounded_and_on_one_line(make: Any) -> None:
    """A file with 60,000 findings must not make a report of 60,000 lines."""
    findings = tuple(finding("F401") for _ in range(MAX_LINKS + 5))
    measured = ask("lint.findings", make.evidence(reading=make.reading(findings=findings)))
    assert (len(measured.links), measured.left_out) == (MAX_LINKS, 5)
    assert measured.value == MAX_LINKS + 5
    assert all("\n" not in link.text and len(link.text) <= MAX_TEXT for link in measured.links)


@given(st.lists(st.sampled_from(list(e.TestOutcome)), min_size=1), st.integers(-5, 200), st.integers(-5, 200))
@settings(deadline=None)
def test_shares_are_shares(make: Any, outcomes: list[e.TestOutcome], covered: int, of: int) -> None:
    """Not even forged coverage (more covered than there is) reaches beyond 100 %."""
    coverage = e.FileCoverage(
        path="solution.py", statements=of, covered=covered, branches=of, branches_covered=covered
    )
    evidence = make.evidence(hidden_tests=make.hidden(*outcomes), own_tests=make.own(coverage=(coverage,)))
    for name in SHARES:
        value = ask(name, evidence).value
        assert value is None or 0 <= value <= 1


def test_the_documentation_lists_every_measure_as_it_is(project: Path) -> None:
    """Authors know the catalogue from docs/rubrics.md alone."""
    rows = {
        f"| `{m.name}` | {m.unit} | {m.title} | "
        f"{', '.join(f'`{name}`' for name in m.parameters.model_fields) or NO_ENTRY} | "
        f"{'yes' if m.good_when_empty else NO_ENTRY} |"
        for m in CATALOGUE.values()
    }
    lines = (project / "docs" / "rubrics.md").read_text(encoding="utf-8").splitlines()
    begin = lines.index("| measure | unit | what it is | parameters | best when empty |") + 2
    assert set(lines[begin : begin + len(rows)]) == rows
    assert lines[begin + len(rows)] == ""
