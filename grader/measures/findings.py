"""Measures that count findings: lint, error handling, naming, structure; and suppressions.

Findings in code that was given out (`from_starter`) count only where a rubric says `starter: true`.
"""

from __future__ import annotations

from collections.abc import Callable
from fractions import Fraction

from grader.evidence import Evidence, Finding
from grader.measures.measure import Measure, Measured, Parameters, counted, one_line, unknown, value
from grader.measures.own_code import Place, Where, in_place, own_paths, own_reading
from grader.report import EvidenceLink

PER_LINES = 100


class Rules(Place):
    rules: tuple[str, ...] = ()
    """Rules that count, each by its whole name or by how it begins ("F", "B9", "bare-except"). Empty: all."""
    ignore: tuple[str, ...] = ()
    """Rules that do not count, written the same way."""


class LintRules(Rules):
    where: Where = "all"


def _begins(rule: str, starts: tuple[str, ...]) -> bool:
    return any(rule.startswith(start) for start in starts)


def select(
    evidence: Evidence, findings: tuple[Finding, ...], tools: tuple[str, ...], given: Rules
) -> list[Finding]:
    """Give those `findings` of `tools` that `given` asks for and that are the candidate's own."""
    fits = in_place(evidence, given.where)
    return [
        finding
        for finding in findings
        if finding.tool in tools
        and (given.starter or not finding.from_starter)
        and (not given.rules or _begins(finding.rule, given.rules))
        and not _begins(finding.rule, given.ignore)
        and fits(finding.place.path)
    ]


def finding_link(finding: Finding) -> EvidenceLink:
    """Lead to the line of a finding."""
    return EvidenceLink(
        kind="finding",
        ref=finding.rule,
        path=finding.place.path,
        line=finding.place.line,
        text=one_line(finding.message),
    )


def _findings(what: str, *tools: str) -> Callable[[Evidence, Rules], Measured]:
    def measured(evidence: Evidence, given: Rules) -> Measured:
        reading = own_reading(evidence, given.where)
        if isinstance(reading, Measured):
            return reading
        found = select(evidence, reading.findings, tools, given)
        return value(len(found), f"{counted(len(found), 'finding')} on {what}.", map(finding_link, found))

    return measured


def _density(evidence: Evidence, given: LintRules) -> Measured:
    reading = own_reading(evidence, given.where)
    if isinstance(reading, Measured):
        return reading
    paths = own_paths(evidence, given)
    lines = sum(file.sloc for file in reading.files if file.path in paths)
    if not lines:
        return unknown("The files hold no line of code.")
    found = select(evidence, reading.findings, ("ruff",), given)
    why = f"{counted(len(found), 'lint finding')} in {counted(lines, 'line')} of code."
    return value(Fraction(len(found) * PER_LINES, lines), why, map(finding_link, found))


def _suppressions(evidence: Evidence, _: Parameters) -> Measured:
    reading = own_reading(evidence, "all")
    if isinstance(reading, Measured):
        return reading
    found = reading.suppressions
    links = [
        EvidenceLink(
            kind="finding", ref="suppression", path=s.place.path, line=s.place.line, text=one_line(s.text)
        )
        for s in found
    ]
    return value(len(found), f"{counted(len(found), 'attempt')} to silence a tool (without effect).", links)


def _counting(name: str, title: str, what: str, tool: str, given: type[Rules] = Rules) -> Measure[Rules]:
    return Measure(name, "count", title, given, _findings(what, tool), good_when_empty=True)


MEASURES: tuple[Measure[Rules] | Measure[LintRules] | Measure[Parameters], ...] = (
    _counting("lint.findings", "lint findings (ruff)", "style and lint", "ruff", LintRules),
    Measure(
        "lint.density",
        "number",
        "lint findings in 100 lines of code",
        LintRules,
        _density,
        good_when_empty=True,
    ),
    _counting("handling.findings", "findings on error handling", "error handling", "handling"),
    _counting("naming.findings", "findings on names", "names", "naming"),
    _counting("structure.findings", "findings on structure", "structure", "structure", LintRules),
    _counting(
        "tests.findings", "findings on how tests are written", "the tests' own code", "tests", LintRules
    ),
    Measure(
        "suppressions.count",
        "count",
        "comments and settings that try to silence a tool",
        Parameters,
        _suppressions,
        good_when_empty=True,
    ),
)
