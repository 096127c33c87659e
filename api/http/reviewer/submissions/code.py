"""The code of a submission, file by file, with everything that is known about its lines, and its differences."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from enum import StrEnum
from typing import Annotated, Any
from urllib.parse import urlencode
from uuid import UUID

from fastapi import APIRouter, Depends, Query, Request
from fastapi.responses import Response
from sqlalchemy.orm import Session

from api.accounts.tables import User
from api.database.base import new_id
from api.http.access import Reviewer, SessionDep, SubmittedDep
from api.http.pages import page
from api.http.reviewer.submissions.frame import PART, Places, frame, may_withdraw
from api.problems import NotFound, Problem
from api.reviews.commenting import comments_of
from api.reviews.tables import Comment
from api.submissions.files import Files, SubmittedFiles
from grader.formats.html.differences import difference, unified
from grader.formats.html.evidence import missed_lines, reading_order
from grader.formats.html.listing import window
from grader.formats.html.remarks import Remark, remarks
from grader.report import Report

router = APIRouter()


class View(StrEnum):
    """What of a file is shown."""

    FILE = "file"
    STARTER = "starter"
    """the difference from the starter"""
    REFERENCE = "reference"
    """the difference from the reference solution"""


@dataclass(frozen=True)
class CodeQuery:
    """What of the code is asked for."""

    file: Annotated[str, Query(max_length=600)] = ""
    """Path; empty: the first that a reviewer reads."""
    near: Annotated[int | None, Query(ge=1)] = None
    """A line that the shown part must hold."""
    line: Annotated[int | None, Query(ge=1)] = None
    """A line that gets a form for a comment."""
    view: View = View.FILE
    side: bool = False
    """Differences side by side."""


@router.get("/submissions/{submission_id}/code")
def code_page(
    request: Request,
    session: SessionDep,
    submitted: SubmittedDep,
    user: Reviewer,
    submission_id: UUID,
    query: Annotated[CodeQuery, Depends()],
) -> Response:
    """One file, or its difference from starter or reference."""
    return show_code(request, session, submitted, user, submission_id, query)


def show_code(
    request: Request,
    session: Session,
    submitted: SubmittedFiles,
    user: User,
    submission_id: UUID,
    query: CodeQuery,
    *,
    tried: dict[str, Any] | None = None,
) -> Response:
    """Render the code page; `tried` is a comment that was refused.

    Raises:
        NotFound: the submission has no such file.
    """
    context = frame(request, session, submission_id)
    submission, report = context["submission"], context["report"]
    try:
        files, problem = submitted.of(submission, submission.suite), ""
    except Problem as reason:
        files, problem = {}, reason.detail
    other = {} if problem else _other_side(submitted, context, query.view)
    paths = _paths(report, files, other)
    chosen = query.file or next(iter(paths), "")
    if query.file and query.file not in paths:
        raise NotFound("The submission has no such file.")
    query = replace(query, file=chosen)
    comments = [one for one in comments_of(session, submission_id) if one.path is not None]
    found = remarks(report) if report is not None else {}
    context |= {
        "query": query,
        "address": lambda **changed: address(context["base"], query, **changed),
        "problem": problem,
        "folders": _folders(paths, files, other, found, comments, query.view),
        "count": len(files),
        "tried": tried,
        "new_key": new_id(),
        "mine": lambda by_id: may_withdraw(user, by_id),
        "tab": "code" if query.view is View.FILE else query.view.value,
        "evidence": report.evidence if report is not None else None,
    }
    if not chosen:
        return page(request, "reviewer/submission/code.html.j2", context | {"listing": None})
    if query.view is View.FILE:
        content = _file(context, files[chosen], found.get(chosen, {}), comments)
        name = "reviewer/submission/code.html.j2"
    else:
        made = difference(chosen, other.get(chosen), files.get(chosen))
        content = {"difference": made, "rows": list(made.rows if query.side else unified(made.rows))}
        name = "reviewer/submission/difference.html.j2"
    return page(request, name, context | content, status=tried["status"] if tried else 200)


def address(base: str, query: CodeQuery, **changed: Any) -> str:
    """The address of the code page like this one, but for what is `changed`."""
    wanted = replace(query, **changed)
    given: dict[str, str | int] = {"file": wanted.file}
    if View(wanted.view) is not View.FILE:
        given["view"] = View(wanted.view).value
    if wanted.side:
        given["side"] = 1
    for name in ("near", "line"):
        if changed.get(name) is not None:
            given[name] = changed[name]
    return f"{base}/code?{urlencode(given)}"


def _other_side(submitted: SubmittedFiles, context: Mapping[str, Any], view: View) -> Files:
    """What the submission is compared with."""
    if view is View.FILE:
        return {}
    takehome = submitted.takehome(context["submission"].suite)
    return takehome.starter if view is View.STARTER else takehome.reference


def _paths(report: Report | None, files: Files, other: Files) -> list[str]:
    """Paths in the order in which a reviewer reads, then those that only the other side has."""
    known = reading_order(report.evidence.submission.files) if report is not None else []
    own = [path for path in known if path in files]
    own += sorted(files.keys() - set(own))
    return own + sorted(other.keys() - files.keys())


@dataclass(frozen=True)
class Entry:
    """A file in the tree."""

    path: str
    name: str
    status: str
    """new, changed, same or removed, against what it is compared with; empty for plain files"""
    remarks: int
    comments: int


def _folders(
    paths: Sequence[str],
    files: Files,
    other: Files,
    found: Mapping[str, Mapping[int, tuple[Remark, ...]]],
    comments: Sequence[Comment],
    view: View,
) -> list[tuple[str, list[Entry]]]:
    """The tree: folders with their files, each in the order of `paths`."""
    written = Counter(comment.path for comment in comments)
    grouped: defaultdict[str, list[Entry]] = defaultdict(list)
    for path in paths:
        folder, _, name = path.rpartition("/")
        status = "" if view is View.FILE else _status(other.get(path), files.get(path))
        count = sum(len(here) for here in found.get(path, {}).values()) if view is View.FILE else 0
        grouped[folder].append(Entry(path, name, status, count, written[path]))
    return list(grouped.items())


def _status(old: bytes | None, new: bytes | None) -> str:
    if old is None:
        return "new"
    if new is None:
        return "removed"
    return "same" if old == new else "changed"


def _file(
    context: Mapping[str, Any],
    data: bytes,
    found: Mapping[int, tuple[Remark, ...]],
    comments: Sequence[Comment],
) -> dict[str, Any]:
    """One part of a file with its remarks and comments."""
    query: CodeQuery = context["query"]
    report: Report | None = context["report"]
    near = query.near or query.line or 1
    first = (near - 1) // PART * PART + 1
    missed = missed_lines(report.evidence) if report is not None else {}
    listing = window(query.file, data, found, missed.get(query.file, frozenset()), first, PART)
    here: defaultdict[int, list[Comment]] = defaultdict(list)
    for comment in comments:
        if comment.path == query.file:
            here[comment.line or 0].append(comment)
    return {
        "listing": listing,
        "first": first,
        "last": min(first + PART - 1, listing.lines),
        "parts_of_file": range(1, listing.lines + 1, PART),
        "here": dict(here),
        "home": context["base"],
        "book": Places(context["submission"], {query.file}),
    }
