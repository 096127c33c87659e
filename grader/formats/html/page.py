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

from jinja2 import Environment, StrictUndefined
from markupsafe import Markup

from grader.formats.html import evidence as prepared
from grader.formats.html.listing import Book, book
from grader.formats.html.remarks import remarks
from grader.formats.html.shared import context_of, equip, loader
from grader.formats.interface import AnyReport
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
    return {"book": pages, "has_files": bool(files), **context_of(report)}


def _candidate(report: CandidateReport, files: Files) -> dict[str, Any]:
    pages: Book = book(sorted(files), files, remarks(report), {})
    return {"book": pages, "tests": {}, "commits": {}, "workloads": {}, "has_files": bool(files)}


def shared_style() -> str:
    """The style sheet of the shared parts, for pages that bring their own type and colours."""
    return _read("parts.css")


@cache
def _style() -> str:
    """Read the style sheets. Their hash is in the policy, so the page must hold exactly these characters."""
    return _read("style.css") + _read("parts.css")


def _read(name: str) -> str:
    return resources.files("grader.formats.html").joinpath(f"templates/{name}").read_text("utf-8")


def _hash(style: str) -> str:
    return "sha256-" + base64.b64encode(hashlib.sha256(style.encode()).digest()).decode()


@cache
def _environment() -> Environment:
    environment = Environment(
        loader=loader(),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        auto_reload=False,
    )
    equip(environment)
    return environment
