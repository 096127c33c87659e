"""One score for names: the share of them that says what it should, with the worst names first."""

from __future__ import annotations

from collections.abc import Mapping
from fractions import Fraction
from types import MappingProxyType

from grader.evidence import Evidence, Finding
from grader.measures.findings import Rules, finding_link, select
from grader.measures.measure import Measure, Measured, Parameters, counted, percent, unknown, value
from grader.measures.own_code import own_reading

SEVERITY: Mapping[str, Fraction] = MappingProxyType(
    {
        "misleading-name": Fraction(1),
        "meaningless-name": Fraction(1),
        "numbered-name": Fraction(1),
        "plural-mismatch": Fraction(1),
        "swapped-plural": Fraction(1),
        "cryptic-name": Fraction(1),
        "non-english-names": Fraction(1),
        "single-letter": Fraction(1, 2),
        "shadowed-builtin": Fraction(1, 2),
        "type-echo": Fraction(1, 2),
        "long-name": Fraction(1, 2),
        "convention": Fraction(1, 2),
    }
)
"""What a name costs: all of it where the reader learns nothing or something false, half where it is only unwieldy."""


class NameRules(Parameters):
    rules: tuple[str, ...] = ()
    """Rules that count, each by its whole name or by how it begins. Empty: all."""
    ignore: tuple[str, ...] = ()
    """Rules that do not count, written the same way."""


def _score(evidence: Evidence, given: NameRules) -> Measured:
    reading = own_reading(evidence, "source")
    if isinstance(reading, Measured):
        return reading
    names = Fraction(reading.figures.get("identifiers", 0))
    if names <= 0:
        return unknown("The files give no name to anything.")
    asked = Rules(rules=given.rules, ignore=given.ignore)
    worst: dict[tuple[str, int, int | None], Finding] = {}
    for finding in select(evidence, reading.findings, ("naming",), asked):
        spot = (finding.place.path, finding.place.line, finding.place.column)
        if spot not in worst or _cost(worst[spot]) < _cost(finding):
            worst[spot] = finding
    bad = sorted(worst.values(), key=lambda finding: -_cost(finding))
    score = max(Fraction(0), 1 - sum(map(_cost, bad), Fraction(0)) / names)
    why = f"{counted(len(bad), 'name')} of {names} to improve: {percent(score)} of the names say what they should."
    return value(score, why, map(finding_link, bad))


def _cost(finding: Finding) -> Fraction:
    return SEVERITY.get(finding.rule, Fraction(1))


MEASURES: tuple[Measure[NameRules], ...] = (
    Measure(
        "naming.score",
        "share",
        "share of the names that say what they should, each bad one weighed by how much it hides",
        NameRules,
        _score,
        good_when_empty=True,
    ),
)
