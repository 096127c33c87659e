"""What the stand-alone page and the pages of the service share: filters, words, and a report prepared for templates."""

from __future__ import annotations

from typing import Any

from jinja2 import BaseLoader, Environment, PackageLoader
from markupsafe import Markup, escape

from grader.counting import MISSED
from grader.evidence import Outcome
from grader.formats.html import evidence as prepared
from grader.formats.html.listing import Gap
from grader.formats.summary import (
    OUTCOMES,
    TEST_OUTCOMES,
    compared,
    missed,
    moment,
    noticed,
    percent,
    points,
)
from grader.formats.visible import one_line, some_lines, visible
from grader.measures.history import SHORT_ID
from grader.report import Report


def loader() -> BaseLoader:
    """The templates of this package; `parts`, `criteria` and `proof` are macros for whoever shows a report."""
    return PackageLoader("grader.formats.html")


def equip(environment: Environment) -> None:
    """Give `environment` what the shared macros use. It must escape by itself."""
    environment.finalize = finalize
    environment.filters.update(
        line=one_line,
        lines=some_lines,
        points=signed,
        percent=percent,
        moment=moment,
        compared=compared,
        missed=missed,
        spans=spans,
        noticed=noticed,
    )
    environment.tests["gap"] = lambda row: isinstance(row, Gap)
    environment.globals.update(
        outcomes=OUTCOMES, test_outcomes=TEST_OUTCOMES, missed_because=MISSED, Outcome=Outcome
    )


def spans(text: str) -> Markup:
    """`text` with what stands between two backticks as code, as authors write it; a lone backtick stays one."""
    parts = visible(text).split("`")
    if len(parts) % 2 == 0:
        return escape("`".join(parts))
    code = Markup("<code>{}</code>")
    return Markup().join(code.format(part) if place % 2 else escape(part) for place, part in enumerate(parts))


def context_of(report: Report) -> dict[str, Any]:
    """What the shared macros want to know of a reviewer's report, but for `book`: where a line of source is shown."""
    evidence = report.evidence
    hidden = evidence.hidden_tests.tests if evidence.hidden_tests else ()
    own = evidence.own_tests.tests if evidence.own_tests else ()
    groups, files_left_out = prepared.findings_by_file(evidence)
    return {
        "tests": _targets(report),
        "commits": _commits(report),
        "workloads": _workloads(report),
        "tiles": prepared.tiles(report),
        "hidden": prepared.grouped(hidden, "t"),
        "own": prepared.grouped(own, "o"),
        "findings": groups,
        "finding_files_left_out": files_left_out,
        "criterion_anchors": {one.id: f"c{number}" for number, one in enumerate(report.criteria)},
        "longest_stage": max((stage.wall_seconds for stage in evidence.stages), default=0.0),
    }


def _targets(report: Report) -> dict[str, str]:
    """Anchors of tests by id; where ids repeat (a candidate may name their own tests as they like) the first."""
    evidence = report.evidence
    targets: dict[str, str] = {}
    for number, test in enumerate(evidence.hidden_tests.tests if evidence.hidden_tests else ()):
        targets.setdefault(test.id, f"t{number}")
    for number, own in enumerate(evidence.own_tests.tests if evidence.own_tests else ()):
        targets.setdefault(own.id, f"o{number}")
    return targets


def _commits(report: Report) -> dict[str, str]:
    """Anchors of the commits that the page lists, by the beginning of their ids."""
    listed = report.evidence.history.commits[: prepared.COMMITS] if report.evidence.history else ()
    return {commit.id[:SHORT_ID]: f"h{number}" for number, commit in reversed(list(enumerate(listed)))}


def _workloads(report: Report) -> dict[str, str]:
    """Anchors of workloads by name; where a name repeats, the first."""
    listed = report.evidence.resources.workloads if report.evidence.resources else ()
    return {workload.name: f"w{number}" for number, workload in reversed(list(enumerate(listed)))}


def signed(value: float) -> str:
    """Write points with a minus sign that is not a hyphen."""
    return points(value).replace("-", "\N{MINUS SIGN}")


def finalize(value: object) -> object:
    """Make whatever a template prints visible; it is escaped after this.

    Raises:
        TypeError: a template prints nothing (None): it forgot a case.
    """
    if isinstance(value, Markup):
        return value
    if value is None:
        raise TypeError("a template printed None; guard the expression with an if")
    return visible(str(value))
