"""What a grading gave: the report for reviewers, the one for candidates, and the upload itself."""

from __future__ import annotations

import uuid
from typing import Annotated, Any, Final

from fastapi import APIRouter, Query, Request, Response
from sqlalchemy.orm import Session

from api.http.access import SessionDep, SubmittedDep
from api.http.v1.answers import NOT_MODIFIED, attachment, problems, tagged
from api.http.v1.submission_shapes import MEDIA_TYPES, ReportFormat
from api.http.v1.submissions import Reader
from api.problems import Gone, NotFound
from api.submissions.files import Files, SubmittedFiles
from api.submissions.finding import submission_by_id
from api.submissions.reporting import report_in_force
from api.submissions.tables import Submission
from grader.formats.interface import AnyReport
from grader.formats.registry import FORMATS, SUFFIXES
from grader.report import CandidateReport, Report, candidate_view

router = APIRouter(tags=["Submissions"])

Wanted = Annotated[
    ReportFormat | None, Query(description="Instead of `Accept`. Everything but json comes as a download.")
]
_SHOWS_FILES: Final = {ReportFormat.HTML, ReportFormat.SARIF}
_SUFFIXES: Final = {b"PK": ".zip", b"\x1f\x8b": ".tar.gz", b"BZh": ".tar.bz2", b"\xfd7zXZ": ".tar.xz"}
_TEXT: Final = {"schema": {"type": "string"}}


def formats(model: type[AnyReport]) -> dict[int | str, dict[str, Any]]:
    """The documentation of an answer that is a report."""
    others = {kind: _TEXT for name, kind in MEDIA_TYPES.items() if name is not ReportFormat.JSON}
    return {200: {"description": "The report.", "model": model, "content": others}, **NOT_MODIFIED}


@router.get(
    "/submissions/{submission_id}/report",
    summary="Get the report",
    response_model=None,
    responses={**formats(Report), **problems(404, 410, 503)},
)
def get_report(
    request: Request,
    submitted: SubmittedDep,
    session: SessionDep,
    reader: Reader,
    submission_id: uuid.UUID,
    format: Wanted = None,  # noqa: A002 -- the parameter's name in the address
) -> Response:
    """The whole report, for reviewers: it names hidden tests. 404 with `state` as long as there is none.

    410 once the data was deleted.
    """
    del reader
    row = submission_by_id(session, submission_id)
    return rendered(request, submitted, row, report_of(session, row), format)


@router.get(
    "/submissions/{submission_id}/candidate-report",
    summary="Get the report for the candidate",
    response_model=None,
    responses={**formats(CandidateReport), **problems(404, 410, 503)},
)
def get_candidate_report(
    request: Request,
    submitted: SubmittedDep,
    session: SessionDep,
    reader: Reader,
    submission_id: uuid.UUID,
    format: Wanted = None,  # noqa: A002 -- as above
) -> Response:
    """The report without hidden text: what may be handed to the candidate."""
    del reader
    row = submission_by_id(session, submission_id)
    return rendered(request, submitted, row, candidate_view(report_of(session, row)), format)


def report_of(session: Session, row: Submission) -> Report:
    """The report in force.

    Raises:
        NotFound: there is none; `state` says how far it is.
        Gone: the data was deleted.
    """
    if row.report_id is None:
        raise NotFound(
            f"There is no report of this submission: it is {row.state}.", members={"state": row.state}
        )
    return report_in_force(session, row)


def rendered(
    request: Request,
    submitted: SubmittedFiles,
    row: Submission,
    report: AnyReport,
    wanted: ReportFormat | None,
) -> Response:
    """`report` in the format that is wanted, or else the one that the request accepts."""
    chosen = wanted or _accepted(request.headers.get("accept", ""))
    files: Files = {}
    if chosen in _SHOWS_FILES:
        try:
            files = submitted.of(row, row.suite)
        except Gone:
            files = {}  # formats name places without showing them then
    headers = {"Vary": "Accept"}
    if chosen is not ReportFormat.JSON:
        headers |= attachment(f"report-{row.id}{SUFFIXES[chosen]}")
    return tagged(request, FORMATS[chosen](report, files), MEDIA_TYPES[chosen], headers)


def _accepted(header: str) -> ReportFormat:
    """The first type in the header that we have; JSON otherwise."""
    for part in header.split(","):
        kind = part.partition(";")[0].strip().lower()
        for name, media_type in MEDIA_TYPES.items():
            if kind == media_type:
                return name
    return ReportFormat.JSON


@router.get(
    "/submissions/{submission_id}/archive",
    summary="Download the upload",
    response_class=Response,
    responses={
        200: {
            "description": "The bytes as they came.",
            "content": {"application/octet-stream": {"schema": {"type": "string", "format": "binary"}}},
        },
        **NOT_MODIFIED,
        **problems(404, 410, 503),
    },
)
def get_archive(
    request: Request, submitted: SubmittedDep, session: SessionDep, reader: Reader, submission_id: uuid.UUID
) -> Response:
    """What was uploaded, byte for byte. It is hostile: unpack it where it can do no harm."""
    del reader
    row = submission_by_id(session, submission_id)
    data = submitted.upload(row)
    headers = attachment(f"submission-{row.id}{_suffix_of(data)}")
    return tagged(request, data, "application/octet-stream", headers)


def _suffix_of(data: bytes) -> str:
    """What the bytes are, whatever their name said."""
    return next((suffix for start, suffix in _SUFFIXES.items() if data.startswith(start)), ".bin")
