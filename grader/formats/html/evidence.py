"""Tests, findings and figures of a reviewer's report, grouped and numbered for the templates."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from grader.evidence import Evidence, Finding, HiddenTest, OwnTest, SubmittedFile, TestOutcome
from grader.formats.summary import line_coverage, missed, own_findings, percent, tally
from grader.report import Report

MISSED_LINES = 40
FINDINGS_PER_FILE = 60
FINDING_FILES = 100
COMMITS = 200
_ORDER = {"source": 0, "test": 1, "doc": 2, "config": 3, "data": 4}


@dataclass(frozen=True)
class Numbered:
    """A test and the anchor of its row."""

    anchor: str
    test: HiddenTest | OwnTest


@dataclass(frozen=True)
class TestGroups:
    """Tests by what they cost."""

    failing: tuple[Numbered, ...]
    flaky: tuple[Numbered, ...]
    passing: tuple[Numbered, ...]


@dataclass(frozen=True)
class FileFindings:
    """Findings of one file, the candidate's before the starter's."""

    path: str
    findings: tuple[Finding, ...]
    left_out: int


@dataclass(frozen=True)
class Tile:
    """One figure of the overview. `share` (0..1) draws a bar."""

    label: str
    figure: str
    note: str
    target: str
    share: float | None = None


def grouped(tests: Sequence[HiddenTest | OwnTest], prefix: str) -> TestGroups:
    """Number `tests` in their order (`prefix` + position) and group them."""
    numbered = [Numbered(f"{prefix}{number}", test) for number, test in enumerate(tests)]
    flaky = tuple(one for one in numbered if isinstance(one.test, HiddenTest) and one.test.flaky)
    rest = [one for one in numbered if one not in flaky] if flaky else numbered
    return TestGroups(
        failing=tuple(one for one in rest if one.test.outcome is not TestOutcome.PASSED),
        flaky=flaky,
        passing=tuple(one for one in rest if one.test.outcome is TestOutcome.PASSED),
    )


def findings_by_file(evidence: Evidence) -> tuple[tuple[FileFindings, ...], int]:
    """Group findings by path; the second value counts the files that are left out."""
    if evidence.reading is None:
        return (), 0
    by_path: defaultdict[str, list[Finding]] = defaultdict(list)
    for finding in sorted(evidence.reading.findings, key=lambda one: (one.from_starter, one.place.line)):
        by_path[finding.place.path].append(finding)
    groups = tuple(
        FileFindings(path, tuple(found[:FINDINGS_PER_FILE]), max(0, len(found) - FINDINGS_PER_FILE))
        for path, found in sorted(by_path.items())
    )
    return groups[:FINDING_FILES], max(0, len(groups) - FINDING_FILES)


def missed_lines(evidence: Evidence) -> Mapping[str, frozenset[int]]:
    """Lines that the candidate's tests never ran, by path."""
    coverage = evidence.own_tests.coverage if evidence.own_tests else ()
    return {file.path: frozenset(file.missing_lines) for file in coverage}


def reading_order(files: Sequence[SubmittedFile]) -> list[str]:
    """Paths in the order in which a reviewer reads: source, tests, documents, the rest."""
    return [file.path for file in sorted(files, key=lambda file: (_ORDER[file.kind], file.path))]


def tiles(report: Report) -> tuple[Tile, ...]:
    """The figures that a reviewer looks for first."""
    evidence = report.evidence
    made: list[Tile] = []
    if evidence.hidden_tests is not None and evidence.hidden_tests.tests:
        counts = tally(evidence.hidden_tests.tests)
        note = f"{counts.flaky} flaky, cost nothing" if counts.flaky else "passed"
        share = counts.passed / counts.total
        made.append(Tile("Hidden tests", f"{counts.passed} / {counts.total}", note, "hidden", share))
    made.extend(_own_tiles(evidence))
    if evidence.reading is not None:
        found = own_findings(evidence.reading)
        files = len({finding.place.path for finding in found})
        given = len(evidence.reading.findings) - len(found)
        note = f"in {files} file{'s' if files != 1 else ''}" if found else "nothing to remark"
        note += f", {given} given by the starter" if given else ""
        made.append(Tile("Findings", f"{len(found):,}", note, "findings"))
    return tuple(made)


def _own_tiles(evidence: Evidence) -> list[Tile]:
    own = evidence.own_tests
    if own is None:
        return []
    counts = tally(own.tests)
    made = [Tile("Their own tests", str(counts.total), f"{counts.passed} passed", "own")]
    covered = line_coverage(own.coverage)
    if covered is not None:
        made.append(Tile("Statements covered", percent(covered), "by their own tests", "own", covered))
    bad = [one for one in own.variants if one.role == "known_bad" and one.outcome != "not_run"]
    if bad:
        rejected = sum(one.outcome == "rejected" for one in bad)
        share = rejected / len(bad)
        made.append(
            Tile("Wrong solutions caught", f"{rejected} / {len(bad)}", "by their own tests", "own", share)
        )
    if own.mutation is not None:
        tried = [mutant for mutant in own.mutation.mutants if mutant.outcome != "not_run"]
        if tried:
            found = len(tried) - len(missed(own.mutation))
            figure = f"{found} / {len(tried)}"
            made.append(Tile("Changes noticed", figure, "by their own tests", "mutants", found / len(tried)))
    return made
