"""Take-homes: what is in force of each, how candidates did, and how it is given out."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Form, Request
from fastapi.responses import RedirectResponse, Response
from sqlalchemy.orm import Session

from api.accounts.people import actor_of
from api.accounts.tables import Role
from api.http.access import Author, Reviewer, ServiceDep, SessionDep
from api.http.candidate.brief import brief_html
from api.http.errors import request_id_of
from api.http.pages import page
from api.http.reviewer.wording import CHECKS, FEEDBACK
from api.problems import Invalid
from api.reviews.listing import open_changes_of
from api.submissions.figures import ENOUGH, NEWEST, pass_rates, spread
from api.takehomes.managing import Terms, archive, change_terms, restore
from api.takehomes.reading import by_name, levels, takehomes, versions
from api.takehomes.tables import Takehome

router = APIRouter(prefix="/take-homes")


@router.get("")
def take_homes(request: Request, session: SessionDep, user: Reviewer) -> Response:
    """All of them."""
    homes = takehomes(session)
    newest = {home.id: versions(session, home).suites[0] for home in homes}
    context = {
        "takehomes": homes,
        "newest": newest,
        "checks": CHECKS,
        "author": Role(user.role).covers(Role.AUTHOR),
    }
    return page(request, "reviewer/takehomes.html.j2", context)


@router.get("/{name}")
def take_home(request: Request, session: SessionDep, user: Reviewer, name: str) -> Response:
    """One of them."""
    return _shown(request, session, by_name(session, name), author=Role(user.role).covers(Role.AUTHOR))


def _shown(
    request: Request,
    session: Session,
    takehome: Takehome,
    *,
    author: bool,
    problem: Invalid | None = None,
) -> Response:
    spreading = spread(session, takehome.id)
    context = {
        "takehome": takehome,
        "versions": versions(session, takehome),
        "levels": levels(session, takehome),
        "checks": CHECKS,
        "feedback": FEEDBACK,
        "brief": brief_html(takehome.suite.brief, takehome.title) if takehome.suite else "",
        "spread": spreading,
        "newest": NEWEST,
        "highest": max(spreading.bins),
        "rates": pass_rates(session, takehome.suite_id) if takehome.suite_id else [],
        "enough": ENOUGH,
        "author": author,
        "changes": open_changes_of(session, takehome),
        "problem": problem.detail if problem else "",
        "errors": problem.errors if problem else {},
    }
    return page(request, "reviewer/takehome.html.j2", context, status=problem.status if problem else 200)


@router.post("/{name}/settings")
def change(
    request: Request,
    service: ServiceDep,
    session: SessionDep,
    user: Author,
    name: str,
    feedback: Annotated[str, Form(max_length=40)],
    window_hours: Annotated[int, Form()],
    max_attempts: Annotated[int, Form()],
) -> Response:
    """Change what later invitations get."""
    takehome = by_name(session, name, lock=True)
    actor = actor_of(user, request_id_of(request))
    try:
        change_terms(session, takehome, Terms(feedback, window_hours, max_attempts), actor, service.now())
    except Invalid as problem:
        return _shown(request, session, takehome, author=True, problem=problem)
    return RedirectResponse(f"/take-homes/{takehome.name}", 303)


@router.post("/{name}/archive")
def archive_now(
    request: Request, service: ServiceDep, session: SessionDep, user: Author, name: str
) -> Response:
    """Give it out no more."""
    takehome = by_name(session, name, lock=True)
    archive(session, takehome, actor_of(user, request_id_of(request)), service.now())
    return RedirectResponse(f"/take-homes/{takehome.name}", 303)


@router.post("/{name}/restore")
def restore_now(
    request: Request, service: ServiceDep, session: SessionDep, user: Author, name: str
) -> Response:
    """Give it out again."""
    takehome = by_name(session, name, lock=True)
    restore(session, takehome, actor_of(user, request_id_of(request)), service.now())
    return RedirectResponse(f"/take-homes/{takehome.name}", 303)
