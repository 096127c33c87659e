"""The catalogue of measures: figures that a rubric can ask of an `Evidence` document, by name.

A measure is a pure function. A test holds `docs/rubrics.md` to this catalogue.
"""

from __future__ import annotations

from typing import Any

from grader.measures import (
    complexity,
    figures,
    findings,
    hidden,
    history,
    mutation,
    naming,
    own_tests,
    resources,
)
from grader.measures.measure import Measure, Measured

__all__ = ["CATALOGUE", "Measure", "Measured"]

CATALOGUE: dict[str, Measure[Any]] = {
    measure.name: measure
    for group in (
        hidden.MEASURES,
        own_tests.MEASURES,
        mutation.MEASURES,
        findings.MEASURES,
        naming.MEASURES,
        complexity.MEASURES,
        figures.MEASURES,
        history.MEASURES,
        resources.MEASURES,
    )
    for measure in group
}
"""Name → measure, in the order of the documentation."""
