"""Up to four submissions of one take-home side by side."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Annotated, Final
from uuid import UUID

from fastapi import APIRouter, Query, Request
from fastapi.responses import Response

from api.http.access import Reviewer, SessionDep
from api.http.pages import page
from api.http.reviewer.blind import called, is_blind
from api.http.reviewer.submissions.frame import VERDICTS
from api.http.reviewer.wording import STATES
from api.problems import Gone, Invalid, NotFound
from api.reviews.tables import Verdict
from api.submissions.finding import submissions_by_id
from api.submissions.reporting import report_in_force
from api.submissions.states import State
from api.submissions.tables import Submission
from grader.formats.html.evidence import Tile, tiles
from grader.report import Criterion, Item, Report

router = APIRouter()
MOST: Final = 4


@dataclass(frozen=True)
class Column:
    """One submission of the table."""

    submission: Submission
    who: str
    state: str
    verdict: tuple[str, str] | None
    report: Report | None
    criteria: dict[str, Criterion]
    items: dict[str, Item]
    tiles: dict[str, Tile]


@router.get("/compare")
def compare_page(
    request: Request, session: SessionDep, user: Reviewer, ids: Annotated[str, Query(max_length=400)] = ""
) -> Response:
    """The submissions named in `ids`, separated by commas."""
    del user
    submissions = submissions_by_id(session, _ids(ids))
    if len({one.takehome_id for one in submissions}) != 1:
        raise Invalid(
            "Only submissions of the same take-home can be compared.", errors={"ids": "several take-homes"}
        )
    columns = []
    for one in submissions:
        try:
            report: Report | None = report_in_force(session, one)
        except (NotFound, Gone):  # a table that has a column without a report says why
            report = None
        columns.append(_column(one, report, blind=is_blind(request)))
    rows = {c.id: c for column in columns for c in (column.report.criteria if column.report else ())}
    labels = list(dict.fromkeys(label for column in columns for label in column.tiles))
    context = {
        "columns": columns,
        "rows": list(rows.values()),
        "labels": labels,
        "takehome": submissions[0].takehome,
    }
    return page(request, "reviewer/submission/compare.html.j2", context)


def _ids(text: str) -> list[UUID]:
    try:
        wanted = list(dict.fromkeys(UUID(part.strip()) for part in text.split(",") if part.strip()))
    except ValueError as error:
        raise Invalid(
            "`ids` are ids of submissions, separated by commas.", errors={"ids": "not an id"}
        ) from error
    if not 2 <= len(wanted) <= MOST:
        raise Invalid(f"Choose 2 to {MOST} submissions to compare.", errors={"ids": f"{len(wanted)} given"})
    return wanted


def _column(submission: Submission, report: Report | None, *, blind: bool) -> Column:
    criteria = report.criteria if report else ()
    return Column(
        submission=submission,
        who=called(submission, blind=blind),
        state=STATES[State(submission.state)].text.capitalize(),
        verdict=VERDICTS[Verdict(submission.decision)] if submission.decision else None,
        report=report,
        criteria={one.id: one for one in criteria},
        items={item.id: item for one in criteria for item in one.items},
        tiles={tile.label: tile for tile in tiles(report)} if report else {},
    )
