"""Measures of the candidate's own tests.

What ran beside the candidate's code is a claim, so little is believed (see `grader.counting`); without one test that
counts every measure here is 0. Verdicts on other code (reference, known-bad, original) are the strong ones, and they
count only when the reference, where there is one, is accepted: tests that fail on everything catch every bug.
"""

from __future__ import annotations

from collections.abc import Callable
from fractions import Fraction

from grader.counting import counting
from grader.evidence import Evidence, FileCoverage, OwnTest, OwnTests, TestOutcome, Variant
from grader.measures.measure import Measure, Measured, Parameters, counted, one_line, percent, unknown, value
from grader.report import EvidenceLink

Compute = Callable[[Evidence, OwnTests], Measured]

NOT_RUN = "The candidate's own tests were not looked at."
NONE_COUNT = (
    "No test of the candidate's own counts: one that was not given out must pass and assert something."
)


def reached_files(evidence: Evidence, own: OwnTests) -> list[FileCoverage]:
    """Keep coverage of submitted source, once for each file and within bounds: the figures are only claimed."""
    files = {file.path for file in evidence.submission.files if file.kind == "source"}
    return [_bounded(file) for file in {c.path: c for c in own.coverage if c.path in files}.values()]


def _bounded(file: FileCoverage) -> FileCoverage:
    statements, branches = max(0, file.statements), max(0, file.branches)
    return file.model_copy(
        update={
            "statements": statements,
            "covered": min(max(0, file.covered), statements),
            "branches": branches,
            "branches_covered": min(max(0, file.branches_covered), branches),
        }
    )


def _link(test: OwnTest) -> EvidenceLink:
    """A link that a candidate may see holds nothing that their code could have made up while hidden tests ran.

    Their process can pass on what hidden tests call it with: in a message, in parameters, in a made-up test name.
    So it shows names that stand in the source, and outcomes; the reviewer reads the rest in the list of own tests.
    """
    return EvidenceLink(
        kind="test",
        ref=test.id.partition("[")[0],
        reviewer_only=test.assertions is None,
        path=test.place.path if test.place else None,
        line=test.place.line if test.place else None,
        text=test.outcome.value,
    )


def given_tests(compute: Compute) -> Callable[[Evidence, Parameters], Measured]:
    """Answer "not run" and "nothing that counts" before `compute` is asked."""

    def measured(evidence: Evidence, _: Parameters) -> Measured:
        own = evidence.own_tests
        if own is None:
            return unknown(NOT_RUN)
        if not counting(evidence.submission.files, own):
            return value(0, NONE_COUNT, map(_link, own.tests))
        return compute(evidence, own)

    return measured


def _count(evidence: Evidence, own: OwnTests) -> Measured:
    tests = counting(evidence.submission.files, own)
    return value(len(tests), f"{counted(len(tests), 'test')} of its own, passing.", map(_link, tests))


def _pass_share(evidence: Evidence, own: OwnTests) -> Measured:
    passed = len(counting(evidence.submission.files, own))
    share = Fraction(passed, len({test.id for test in own.tests}))
    ordered = sorted(own.tests, key=lambda test: test.outcome is TestOutcome.PASSED)
    why = f"{passed} of {counted(len(own.tests), 'own test')} passed with an assertion."
    return value(share, why, map(_link, ordered))


def _without_assertions(evidence: Evidence, _: Parameters) -> Measured:
    own = evidence.own_tests
    if own is None:
        return unknown(NOT_RUN)
    if not own.tests:
        return unknown("There are no tests of the candidate's own.")
    empty = [test for test in own.tests if not test.assertions]
    return value(
        len(empty), f"{counted(len(empty), 'own test')} without an assertion in sight.", map(_link, empty)
    )


def _line_coverage(evidence: Evidence, own: OwnTests) -> Measured:
    files = reached_files(evidence, own)
    return _reached(files, sum(f.covered for f in files), sum(f.statements for f in files), "statements")


def _branch_coverage(evidence: Evidence, own: OwnTests) -> Measured:
    """Code without a branch is judged by its statements: straight code is no fault."""
    files = reached_files(evidence, own)
    total = sum(file.branches for file in files)
    if not total:
        return _line_coverage(evidence, own)
    return _reached(files, sum(file.branches_covered for file in files), total, "branches")


def _reached(files: list[FileCoverage], hit: int, total: int, of: str) -> Measured:
    if not total:
        return unknown("No coverage was measured under the candidate's own tests.")
    share = Fraction(hit, total)
    links = [
        EvidenceLink(
            kind="coverage",
            ref=file.path,
            path=file.path,
            line=file.missing_lines[0] if file.missing_lines else None,
            text=f"{file.covered} of {counted(file.statements, 'statement')} reached",
        )
        for file in files
    ]
    return value(share, f"The own tests reach {percent(share)} of the {of}.", links)


def variants_of(own: OwnTests, role: str) -> list[Variant]:
    return [variant for variant in own.variants if variant.role == role]


def _variant_link(variant: Variant) -> EvidenceLink:
    text = one_line(f"{variant.outcome}: {variant.reason}" if variant.reason else variant.outcome)
    return EvidenceLink(kind="variant", ref=variant.name, text=text, reviewer_only=True)


def accepts_reference(own: OwnTests) -> bool:
    """Skipping every test is no acceptance: at least one test must pass on the reference."""
    return all(v.outcome == "accepted" and v.passed > 0 for v in variants_of(own, "reference"))


def _accepts_reference(_: Evidence, own: OwnTests) -> Measured:
    references = variants_of(own, "reference")
    links = map(_variant_link, references)
    if not references:
        return unknown("The own tests were not run against a reference solution.")
    if accepts_reference(own):
        return value(1, "The own tests accept a correct solution.", links)
    return value(0, "The own tests reject a correct solution, or check nothing on it.", links)


def _rejected_share(role: str, of: str) -> Compute:
    """Share of the solutions of `role` that the tests reject. One that was not run was not rejected."""

    def measured(_: Evidence, own: OwnTests) -> Measured:
        variants = variants_of(own, role)
        if not variants:
            return unknown(f"The own tests were not run against {of}.")
        links = [_variant_link(variant) for variant in variants]
        if not accepts_reference(own):
            return value(
                0, "The own tests reject a correct solution, so what else they reject says nothing.", links
            )
        if not all(test.outcome is TestOutcome.PASSED for test in own.tests) and not variants_of(
            own, "reference"
        ):
            return value(0, "The own tests fail on the candidate's own code, so they prove nothing.", links)
        rejected = sum(variant.outcome == "rejected" for variant in variants)
        return value(
            Fraction(rejected, len(variants)),
            f"The own tests reject {rejected} of {len(variants)} {of}.",
            links,
        )

    return measured


def _share(name: str, title: str, compute: Compute) -> Measure[Parameters]:
    return Measure(f"own_tests.{name}", "share", title, Parameters, given_tests(compute))


MEASURES: tuple[Measure[Parameters], ...] = (
    Measure(
        "own_tests.count",
        "count",
        "own tests that pass and assert something",
        Parameters,
        given_tests(_count),
    ),
    _share("pass_share", "share of the own tests that pass and assert something", _pass_share),
    _share("line_coverage", "share of the statements that the own tests reach", _line_coverage),
    _share("branch_coverage", "share of the branches that the own tests reach", _branch_coverage),
    _share(
        "accepts_reference",
        "1 when the own tests accept the reference, else 0",
        _accepts_reference,
    ),
    _share(
        "known_bad_caught",
        "share of the known-bad solutions that the own tests reject",
        _rejected_share("known_bad", "known-bad solutions"),
    ),
    _share(
        "rejects_original",
        "1 when the own tests reject the code as it was given out, else 0",
        _rejected_share("original", "original versions"),
    ),
    Measure(
        "own_tests.without_assertions",
        "count",
        "own tests without an assertion",
        Parameters,
        _without_assertions,
        good_when_empty=True,
    ),
)
