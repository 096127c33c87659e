"""Files of a submission to take away: its report in every format, and the upload as it came in."""

from __future__ import annotations

import re
from typing import Final
from uuid import UUID

from fastapi import APIRouter, Request
from fastapi.responses import Response

from api.http.access import Reviewer, SessionDep, SubmittedDep
from api.http.reviewer.blind import is_blind
from api.problems import NotFound, Problem
from api.submissions.files import Files, SubmittedFiles
from api.submissions.finding import submission_by_id
from api.submissions.reporting import report_in_force
from api.submissions.tables import Submission
from grader.formats.registry import FORMATS, SUFFIXES

router = APIRouter()

TYPES: Final = {
    "text": "text/plain; charset=utf-8",
    "json": "application/json",
    "html": "text/html; charset=utf-8",
    "junit": "application/xml",
    "sarif": "application/sarif+json",
}
SANDBOXED: Final = {"Content-Security-Policy": "default-src 'none'; sandbox"}
_PLAIN: Final = re.compile(r"[^A-Za-z0-9._-]+")
_SUFFIX: Final = re.compile(r"(\.tar)?\.[A-Za-z0-9]{1,8}$")


@router.get("/submissions/{submission_id}/download/{what}")
def download(
    request: Request,
    session: SessionDep,
    submitted: SubmittedDep,
    user: Reviewer,
    submission_id: UUID,
    what: str,
) -> Response:
    """The report as `text`, `json`, `html`, `junit` or `sarif`, or the `upload`."""
    del user
    submission = submission_by_id(session, submission_id)
    short = submission.id.hex[-8:]
    if what == "upload":
        name = upload_name(submission.file_name, short, blind=is_blind(request))
        return _attachment(submitted.upload(submission), name, "application/octet-stream")
    if what not in FORMATS:
        raise NotFound(f"There is no format of that name; there are {', '.join(FORMATS)} and upload.")
    report = report_in_force(session, submission)
    content = FORMATS[what](report, _files(submitted, submission))
    return _attachment(content, f"report-{short}{SUFFIXES[what]}", TYPES[what])


def upload_name(given: str, short: str, *, blind: bool) -> str:
    """A file name that means nothing to a shell, a header or a file system; blind, it does not hold a name either."""
    ending = _SUFFIX.search(given)
    suffix = ending.group() if ending else ""
    stem = "" if blind else _PLAIN.sub("_", given.removesuffix(suffix)).strip("._-")[:60]
    return f"submission-{short}{'-' if stem else ''}{stem}{suffix}"


def _files(submitted: SubmittedFiles, submission: Submission) -> Files:
    """The source for formats that show it; a report says itself when it was not at hand."""
    try:
        return submitted.of(submission, submission.suite)
    except Problem:
        return {}


def _attachment(content: bytes, name: str, media_type: str) -> Response:
    headers = {"Content-Disposition": f'attachment; filename="{name}"', **SANDBOXED}
    return Response(content, media_type=media_type, headers=headers)
