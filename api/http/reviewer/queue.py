"""The queue: all submissions, filtered and searched; and what can be done to one of them in passing."""

from __future__ import annotations

import uuid
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Annotated, Final

from fastapi import APIRouter, Form, Query, Request
from fastapi.responses import RedirectResponse, Response
from pydantic import BaseModel, ConfigDict, field_validator

from api.accounts.people import actor_of
from api.accounts.tables import Role
from api.http.access import Author, Reviewer, ServiceDep, SessionDep
from api.http.errors import request_id_of
from api.http.pages import page
from api.http.reviewer.addresses import with_query
from api.http.reviewer.blind import called, is_blind, set_blind
from api.http.reviewer.sign_in import inside
from api.http.reviewer.wording import DECISIONS, state_words
from api.queue import grading_workers
from api.submissions.cancelling import cancel
from api.submissions.finding import submission_by_id
from api.submissions.lists import (
    MANY,
    Decided,
    Order,
    Status,
    Wanted,
    any_submission,
    counts,
    listing,
)
from api.submissions.receiving import grade_again
from api.submissions.states import UNDER_WAY, State
from api.submissions.tables import Submission
from api.takehomes.reading import bands, takehomes

router = APIRouter()


class Age(StrEnum):
    """How long ago a submission was received."""

    ANY = ""
    DAY = "day"
    WEEK = "week"
    MONTH = "month"
    OLDER = "older"


STATUSES: Final = {
    Status.ANY: "any state",
    Status.NEEDS_PERSON: "needs a person",
    Status.UNDER_WAY: "under way",
    Status.GRADED: "graded",
    Status.UNGRADABLE: "cannot be graded",
    Status.OUR_FAILURE: "our failure",
    Status.CANCELLED: "cancelled",
    Status.DELETED: "data deleted",
}
VERDICTS: Final = {
    Decided.ANY: "any decision",
    Decided.NONE: "not decided",
    Decided.ADVANCE: "advance",
    Decided.HOLD: "hold",
    Decided.DECLINE: "decline",
}
AGES: Final = {
    Age.ANY: "at any time",
    Age.DAY: "in the last day",
    Age.WEEK: "in the last 7 days",
    Age.MONTH: "in the last 30 days",
    Age.OLDER: "more than 30 days ago",
}
_SPANS: Final = {Age.DAY: timedelta(days=1), Age.WEEK: timedelta(days=7), Age.MONTH: timedelta(days=30)}
ORDERS: Final = {Order.NEWEST: "newest first", Order.HIGHEST: "highest score", Order.LOWEST: "lowest score"}


class Filters(BaseModel):
    """The query of the queue's address. Field names are what the form sends."""

    model_config = ConfigDict(extra="ignore")

    take_home: str = ""
    status: Status = Status.ANY
    band: str = ""
    decision: Decided = Decided.ANY
    age: Age = Age.ANY
    q: str = ""
    order: Order = Order.NEWEST
    after: str = ""
    before: str = ""

    @field_validator("take_home", "band", "q")
    @classmethod
    def _storable(cls, text: str) -> str:
        return text.replace("\0", "")[:200]

    def address(self, **changes: str) -> str:
        """The queue with these filters; without a place in it, unless `changes` names one."""
        return with_query("/", self.model_dump(mode="json", exclude={"after", "before"}) | changes)

    @property
    def narrowed(self) -> bool:
        """Whether anything is filtered."""
        return self.model_copy(update={"order": Order.NEWEST}).address() != "/"


def _between(age: Age, now: datetime) -> tuple[datetime | None, datetime | None]:
    """Since when and until when something of that age was received."""
    if age is Age.OLDER:
        return None, now - _SPANS[Age.MONTH]
    return (now - _SPANS[age], None) if age in _SPANS else (None, None)


def _line(submission: Submission, role: Role, *, blind: bool) -> dict[str, object]:
    """What the table shows of one submission."""
    state = State(submission.state)
    may = role.covers(Role.AUTHOR)
    return {
        "row": submission,
        "called": called(submission, blind=blind),
        "reference": submission.candidate.reference if submission.candidate and not blind else "",
        "state": state_words(submission),
        "decision": DECISIONS.get(submission.decision or ""),
        "can_cancel": may and state in UNDER_WAY,
        "can_grade": may and state in {State.FAILED, State.CANCELLED},
    }


@router.get("/")
def queue(
    request: Request,
    service: ServiceDep,
    session: SessionDep,
    user: Reviewer,
    filters: Annotated[Filters, Query()],
    blind: bool | None = None,  # noqa: FBT001 -- of the query, always by name
) -> Response:
    """Submissions, newest first."""
    if blind is not None:
        back = RedirectResponse(filters.address(), 303)
        set_blind(back, service, blind=blind)
        return back
    hidden = is_blind(request)
    since, until = _between(filters.age, service.now())
    wanted = Wanted(
        takehome=filters.take_home,
        status=filters.status,
        band=filters.band,
        decision=filters.decision,
        since=since,
        until=until,
        search="" if hidden else filters.q,
        order=filters.order,
    )
    found = listing(session, wanted, after=filters.after, before=filters.before)
    homes = takehomes(session)
    waiting = counts(session, [Status.NEEDS_PERSON, Status.UNDER_WAY, Status.OUR_FAILURE])
    context = {
        "filters": filters,
        "lines": [_line(row, Role(user.role), blind=hidden) for row in found.rows],
        "found": found,
        "blind": hidden,
        "takehomes": {"": "any take-home"} | {home.name: home.title for home in homes},
        "publishable": any(home.suite_id for home in homes),
        "bands": {"": "any band"} | {title: title for title in bands(session)},
        "statuses": STATUSES,
        "verdicts": VERDICTS,
        "ages": AGES,
        "orders": ORDERS,
        "counts": waiting,
        "nobody_grades": waiting[Status.UNDER_WAY] > 0 and grading_workers(session) == 0,
        "many": MANY,
        "nothing_yet": not found.rows and not any_submission(session),
        "here": filters.address(after=filters.after, before=filters.before),
    }
    return page(request, "reviewer/queue.html.j2", context)


@router.post("/submissions/{submission_id}/cancel")
def cancel_now(
    request: Request,
    service: ServiceDep,
    session: SessionDep,
    user: Author,
    submission_id: uuid.UUID,
    back: Annotated[str, Form()] = "/",
) -> Response:
    """Stop a grading that is under way."""
    submission = submission_by_id(session, submission_id, lock=True)
    cancel(session, submission, actor_of(user, request_id_of(request)), service.now())
    return RedirectResponse(inside(back), 303)


@router.post("/submissions/{submission_id}/grade-again")
def grade_again_now(
    request: Request,
    service: ServiceDep,
    session: SessionDep,
    user: Author,
    submission_id: uuid.UUID,
    back: Annotated[str, Form()] = "/",
) -> Response:
    """Queue a submission once more, with the version that it was graded with."""
    submission = submission_by_id(session, submission_id, lock=True)
    actor = actor_of(user, request_id_of(request))
    grade_again(session, service.queue, submission, submission.suite_id, actor, service.now())
    return RedirectResponse(inside(back), 303)
