"""Invitations: the list, one of them, and what can be changed about it."""

from __future__ import annotations

import uuid
from typing import Annotated

from fastapi import APIRouter, Form, Query, Request
from fastapi.responses import RedirectResponse, Response
from pydantic import BaseModel, ConfigDict, field_validator
from sqlalchemy.orm import Session

from api.accounts.people import actor_of
from api.audit.reading import history
from api.forges.linking import link as link_repository
from api.forges.linking import repository_of, unlink
from api.forges.reading import connections
from api.http.access import Reviewer, ServiceDep, SessionDep
from api.http.errors import request_id_of
from api.http.pages import page
from api.http.reviewer.addresses import with_query
from api.http.reviewer.blind import is_blind
from api.http.reviewer.wording import FEEDBACK, PHASES
from api.http.spreadsheets import Spreadsheet, spreadsheet
from api.invitations.changing import extend, new_link, revoke
from api.invitations.exporting import MOST_ROWS, table_of
from api.invitations.lists import any_invitation, by_id, listing
from api.invitations.mail import mail_later
from api.invitations.reminding import remind_one
from api.invitations.tables import Invitation
from api.invitations.windows import Phase, window
from api.problems import Conflict, Invalid
from api.service import Service
from api.submissions.lists import of_invitation
from api.takehomes.reading import takehomes

router = APIRouter(prefix="/invitations")


class Filters(BaseModel):
    """The query of the list's address."""

    model_config = ConfigDict(extra="ignore")

    take_home: str = ""
    phase: str = ""
    q: str = ""
    after: str = ""
    before: str = ""

    @field_validator("take_home", "phase", "q")
    @classmethod
    def _storable(cls, text: str) -> str:
        return text.replace("\0", "")[:200]

    def address(self, **changes: str) -> str:
        """The list with these filters; from its beginning, unless `changes` names a place."""
        return with_query("/invitations", self.model_dump(exclude={"after", "before"}) | changes)

    def export(self, format_: str) -> str:
        """The address of a file with what these filters show."""
        kept = self.model_dump(exclude={"after", "before"})
        return with_query("/invitations/export", kept | {"format": format_})

    @property
    def chosen(self) -> Phase | None:
        """The phase that is asked for.

        Raises:
            Invalid: there is no such phase.
        """
        if not self.phase:
            return None
        if self.phase not in list(Phase):
            raise Invalid("There is no such phase.", errors={"phase": "choose from " + ", ".join(Phase)})
        return Phase(self.phase)


@router.get("")
def invitations(
    request: Request,
    service: ServiceDep,
    session: SessionDep,
    user: Reviewer,
    filters: Annotated[Filters, Query()],
) -> Response:
    """All invitations, newest first."""
    del user
    now = service.now()
    found = listing(
        session,
        now,
        takehome=filters.take_home,
        phase=filters.chosen,
        search=filters.q,
        after=filters.after,
        before=filters.before,
    )
    homes = takehomes(session)
    context = {
        "filters": filters,
        "found": found,
        "windows": {row.id: window(row, now) for row in found.rows},
        "phases": PHASES,
        "takehomes": {"": "any take-home"} | {home.name: home.title for home in homes},
        "phase_choices": {"": "any"} | {phase.value: words.text for phase, words in PHASES.items()},
        "most_exported": MOST_ROWS,
        "publishable": any(home.suite_id and not home.archived_at for home in homes),
        "nothing_yet": not found.rows and not any_invitation(session),
    }
    return page(request, "reviewer/invitations.html.j2", context)


@router.get("/export")
def export(
    request: Request,
    service: ServiceDep,
    session: SessionDep,
    user: Reviewer,
    filters: Annotated[Filters, Query()],
    format_: Annotated[Spreadsheet, Query(alias="format")] = Spreadsheet.CSV,
) -> Response:
    """The list as a file. In blind review it has no results: names and scores side by side would end that."""
    del user
    now = service.now()
    table = table_of(
        session,
        now,
        takehome=filters.take_home,
        phase=filters.chosen,
        search=filters.q,
        results=not is_blind(request),
    )
    return spreadsheet(format_, table.columns, table.rows, "invitations")


@router.get("/{invitation_id}")
def invitation_page(
    request: Request, service: ServiceDep, session: SessionDep, user: Reviewer, invitation_id: uuid.UUID
) -> Response:
    """One invitation."""
    del user
    return shown(request, service, session, by_id(session, invitation_id))


def shown(
    request: Request,
    service: Service,
    session: Session,
    invitation: Invitation,
    *,
    token: str = "",
    made: bool = False,
    problem: Invalid | None = None,
) -> Response:
    """The page of an invitation; with `token`, the link, which is shown this once."""
    session.flush()
    context = {
        "invitation": invitation,
        "at": window(invitation, service.now()),
        "phases": PHASES,
        "feedback": FEEDBACK,
        "link": f"{service.settings.base_url}/i/{token}" if token else "",
        "made": made,
        "mail": bool(service.settings.smtp.host),
        "submissions": of_invitation(session, invitation.id),
        "history": history(session, "invitation", invitation.id),
        "forges": {str(one.id): one.description or one.web_url for one in connections(session)},
        "repository": repository_of(session, invitation.id),
        "problem": problem.detail if problem else "",
        "errors": problem.errors if problem else {},
    }
    status = problem.status if problem else 200
    return page(request, "reviewer/invitation.html.j2", context, status=status)


@router.post("/{invitation_id}/link")
def link(
    request: Request,
    service: ServiceDep,
    session: SessionDep,
    user: Reviewer,
    invitation_id: uuid.UUID,
    send: Annotated[str, Form()] = "show",
) -> Response:
    """Make another link: shown once, or mailed."""
    invitation = by_id(session, invitation_id, lock=True)
    if send == "mail" and service.settings.smtp.host:
        if invitation.revoked_at is not None or invitation.opened_at is not None:
            raise Conflict(
                "The link was opened already, or the invitation is revoked: show a new link instead."
            )
        mail_later(session, service.queue, invitation)
        return RedirectResponse(f"/invitations/{invitation.id}", 303)
    token = new_link(session, invitation, actor_of(user, request_id_of(request)), service.now())
    return shown(request, service, session, invitation, token=token)


@router.post("/{invitation_id}/revoke")
def revoke_now(
    request: Request, service: ServiceDep, session: SessionDep, user: Reviewer, invitation_id: uuid.UUID
) -> Response:
    """End the invitation."""
    invitation = by_id(session, invitation_id, lock=True)
    revoke(session, invitation, actor_of(user, request_id_of(request)), service.now())
    return RedirectResponse(f"/invitations/{invitation.id}", 303)


@router.post("/{invitation_id}/extend")
def extend_now(
    request: Request,
    service: ServiceDep,
    session: SessionDep,
    user: Reviewer,
    invitation_id: uuid.UUID,
    minutes: Annotated[int, Form(ge=0, le=10**7)],
    reason: Annotated[str, Form()] = "",
) -> Response:
    """Give more time."""
    invitation = by_id(session, invitation_id, lock=True)
    try:
        by = actor_of(user, request_id_of(request))
        extend(session, invitation, minutes, reason.replace("\0", ""), by, service.now())
    except Invalid as problem:
        return shown(request, service, session, invitation, problem=problem)
    return RedirectResponse(f"/invitations/{invitation.id}", 303)


@router.post("/{invitation_id}/repository")
def repository(
    request: Request,
    service: ServiceDep,
    session: SessionDep,
    user: Reviewer,
    invitation_id: uuid.UUID,
    connection: Annotated[str, Form(max_length=40)] = "",
    repository: Annotated[str, Form(max_length=1000)] = "",
    branch: Annotated[str, Form(max_length=1000)] = "",
) -> Response:
    """Link a repository, or none."""
    invitation = by_id(session, invitation_id, lock=True)
    by, now = actor_of(user, request_id_of(request)), service.now()
    try:
        if not repository.strip():
            unlink(session, invitation, by, now)
        else:
            link_repository(session, invitation, _forge(connection), repository, branch, by, now)
    except Invalid as problem:
        return shown(request, service, session, invitation, problem=problem)
    return RedirectResponse(f"/invitations/{invitation.id}", 303)


def _forge(connection: str) -> uuid.UUID:
    try:
        return uuid.UUID(connection)
    except ValueError as error:
        raise Invalid("Choose a forge.", errors={"connection": "choose one"}) from error


@router.post("/{invitation_id}/remind")
def remind_now(
    request: Request, service: ServiceDep, session: SessionDep, user: Reviewer, invitation_id: uuid.UUID
) -> Response:
    """Send a reminder: an event, and an e-mail where that is set up."""
    invitation = by_id(session, invitation_id, lock=True)
    now = service.now()
    if not window(invitation, now).takes_uploads:
        raise Conflict("There is nothing to remind of: the invitation is not open.")
    mail = bool(service.settings.smtp.host)
    remind_one(session, service.queue, invitation, actor_of(user, request_id_of(request)), now, mail=mail)
    return RedirectResponse(f"/invitations/{invitation.id}", 303)
