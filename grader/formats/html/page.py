"""Putting the page together: templates, style sheet, content security policy.

Everything a template prints passes through `visible` and is then escaped; only markup that this package made is
neither. The policy in the page allows the one style sheet by its hash and nothing else at all, so a mistake in
escaping would show as broken layout, not run.
"""

from __future__ import annotations

import base64
import hashlib
from functools import cache
from importlib import resources
from typing import Any

from jinja2 import Environment, PackageLoader, StrictUndefined
from markupsafe import Markup

from grader.evidence import Outcome
from grader.formats.html import evidence as prepared
from grader.formats.html.listing import Book, Gap, book
from grader.formats.html.remarks import remarks
from grader.formats.interface import AnyReport
from grader.formats.summary import OUTCOMES, TEST_OUTCOMES, compared, moment, percent, points
from grader.formats.visible import one_line, some_lines, visible
from grader.measures.history import SHORT_ID
from grader.report import CandidateReport, Report
from sandbox.contract import Files


def render(report: AnyReport, files: Files) -> bytes:
    """Write `report` as one HTML page in UTF-8, with the source of `files` in it.

    A candidate's report is rendered by a template of its own, from nothing but itself and their files.
    """
    if isinstance(report, CandidateReport):
        name, context = "candidate.html.j2", _candidate(report, files)
    else:
        name, context = "reviewer.html.j2", _reviewer(report, files)
    style = _style()
    template = _environment().get_template(name)
    sheet = Markup(style)  # noqa: S704 - our own file
    text = template.render(report=report, style=sheet, style_hash=_hash(style), **context)
    return text.encode("utf-8", "backslashreplace")


def policy() -> str:
    """The page's content security policy, for those who send it as a header too."""
    return f"default-src 'none'; style-src '{_hash(_style())}'; base-uri 'none'; form-action 'none'"


def _reviewer(report: Report, files: Files) -> dict[str, Any]:
    evidence = report.evidence
    order = prepared.reading_order(evidence.submission.files)
    pages = book(order, files, remarks(report), prepared.missed_lines(evidence))
    hidden = evidence.hidden_tests.tests if evidence.hidden_tests else ()
    own = evidence.own_tests.tests if evidence.own_tests else ()
    groups, files_left_out = prepared.findings_by_file(evidence)
    return {
        "book": pages,
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
        "has_files": bool(files),
    }


def _candidate(report: CandidateReport, files: Files) -> dict[str, Any]:
    pages: Book = book(sorted(files), files, remarks(report), {})
    return {"book": pages, "tests": {}, "commits": {}, "workloads": {}, "has_files": bool(files)}


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


@cache
def _style() -> str:
    """Read the style sheet. Its hash is in the policy, so the page must hold exactly these characters."""
    return resources.files("grader.formats.html").joinpath("templates/style.css").read_text("utf-8")


def _hash(style: str) -> str:
    return "sha256-" + base64.b64encode(hashlib.sha256(style.encode()).digest()).decode()


@cache
def _environment() -> Environment:
    environment = Environment(
        loader=PackageLoader("grader.formats.html"),
        autoescape=True,
        finalize=_finalize,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        auto_reload=False,
    )
    environment.filters.update(
        line=one_line, lines=some_lines, points=_points, percent=percent, moment=moment, compared=compared
    )
    environment.tests["gap"] = lambda row: isinstance(row, Gap)
    environment.globals.update(outcomes=OUTCOMES, test_outcomes=TEST_OUTCOMES, Outcome=Outcome)
    return environment


def _points(value: float) -> str:
    """Write points with a minus sign that is not a hyphen."""
    return points(value).replace("-", "\N{MINUS SIGN}")


def _finalize(value: object) -> object:
    """Make whatever a template prints visible; it is escaped after this.

    Raises:
        TypeError: a template prints nothing (None): it forgot a case.
    """
    if isinstance(value, Markup):
        return value
    if value is None:
        raise TypeError("a template printed None; guard the expression with an if")
    return visible(str(value))
