"""A change that is being tried: what it would do to whom, and the buttons that apply or drop it."""

from __future__ import annotations

import uuid
from typing import Annotated

from fastapi import APIRouter, Query, Request
from fastapi.responses import RedirectResponse, Response

from api.accounts.people import actor_of
from api.accounts.tables import Role
from api.http.access import Author, Reviewer, ServiceDep, SessionDep
from api.http.errors import request_id_of
from api.http.pages import page
from api.http.reviewer.blind import caller_of_names, is_blind
from api.problems import Conflict
from api.reviews.changes import Applied, apply, decided, drop, propose, try_again
from api.reviews.listing import proposal, submission_of
from api.reviews.moves import PAGE, Filter, lines
from api.submissions.states import State
from api.takehomes.tables import SuiteVersion

router = APIRouter()

FILTERS = {
    Filter.ALL: "All",
    Filter.MOVED: "Moved",
    Filter.UP: "Up",
    Filter.DOWN: "Down",
    Filter.BAND: "Another band",
    Filter.SERIOUS: "Look at these",
    Filter.FAILED: "Could not be tried",
}


@router.get("/changes/{change_id}")
def change_page(
    request: Request,
    session: SessionDep,
    user: Reviewer,
    change_id: uuid.UUID,
    show: Annotated[Filter, Query()] = Filter.ALL,
    number: Annotated[int, Query(alias="page", ge=1, le=10_000)] = 1,
    stale: Annotated[bool, Query()] = False,  # noqa: FBT002 -- a query parameter
) -> Response:
    """The dry run: counts, distribution, every submission."""
    found = proposal(session, change_id)
    rows, count = lines(session, found.change, show, number)
    role = Role(user.role)
    context = {
        "found": found,
        "change": found.change,
        "summary": found.change.summary,
        "lines": rows,
        "called": caller_of_names(request),
        "blind": is_blind(request),
        "count": count,
        "show": show,
        "filters": FILTERS,
        "page_number": number,
        "pages": max(1, -(-count // PAGE)),
        "decided": decided(session, found.change),
        "is_author": role.covers(Role.AUTHOR),
        "is_admin": role.covers(Role.ADMIN),
        "stale": stale,
    }
    return page(request, "reviewer/changes/change.html.j2", context)


@router.post("/changes/{change_id}/apply")
def apply_now(
    request: Request, service: ServiceDep, session: SessionDep, user: Author, change_id: uuid.UUID
) -> Response:
    """Put the change into force, unless reports have changed since it was tried."""
    by = actor_of(user, request_id_of(request))
    admin = Role(user.role).covers(Role.ADMIN)
    result = apply(session, service.queue, change_id, by, service.now(), admin=admin)
    return RedirectResponse(f"/changes/{change_id}{'?stale=true' if result is Applied.STALE else ''}", 303)


@router.post("/changes/{change_id}/drop")
def drop_now(
    request: Request, service: ServiceDep, session: SessionDep, user: Author, change_id: uuid.UUID
) -> Response:
    """Give the change up."""
    drop(session, change_id, actor_of(user, request_id_of(request)), service.now())
    return RedirectResponse(f"/changes/{change_id}", 303)


@router.post("/changes/{change_id}/try")
def try_now(
    request: Request, service: ServiceDep, session: SessionDep, user: Author, change_id: uuid.UUID
) -> Response:
    """Try again what could not be tried."""
    try_again(session, service.queue, change_id, actor_of(user, request_id_of(request)), service.now())
    return RedirectResponse(f"/changes/{change_id}", 303)


@router.post("/submissions/{submission_id}/regrade")
def regrade_now(
    request: Request, service: ServiceDep, session: SessionDep, user: Author, submission_id: uuid.UUID
) -> Response:
    """Grade one submission with the suite in force, beside its report; what came of it is applied or dropped."""
    submission, takehome = submission_of(session, submission_id)
    if submission.state not in {State.GRADED, State.UNGRADABLE} or submission.report_id is None:
        raise Conflict(
            f"The submission is {submission.state}: only one that has a report can be graded again."
        )
    if takehome.suite_id is None:
        raise Conflict("No suite version is in force, so there is nothing to grade with.")
    suite = session.get_one(SuiteVersion, takehome.suite_id)
    by = actor_of(user, request_id_of(request))
    change = propose(session, service.queue, takehome, by, service.now(), suite=suite, submission=submission)
    assert change is not None  # there is a report, so there is something to try
    return RedirectResponse(f"/changes/{change.id}", 303)
