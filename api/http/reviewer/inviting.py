"""Inviting: one candidate by a form, many by a file (CSV, XLSX) that is looked through before anything is made."""

from __future__ import annotations

import base64
from collections.abc import Mapping
from typing import Annotated

from fastapi import APIRouter, Depends, File, Form, Request, UploadFile
from fastapi.responses import RedirectResponse, Response
from sqlalchemy.orm import Session

from api.accounts.people import actor_of
from api.http.access import Reviewer, ServiceDep, SessionDep
from api.http.csv_files import csv_text
from api.http.errors import request_id_of
from api.http.pages import page
from api.http.reviewer.invitations import shown
from api.http.reviewer.wording import FEEDBACK
from api.invitations.importing import (
    COLUMNS,
    MOST_BYTES,
    MOST_LINES,
    Line,
    as_csv,
    check,
    invite_all,
    read,
    terms_of,
)
from api.invitations.inviting import invite
from api.invitations.lists import by_id
from api.invitations.mail import mail_later
from api.problems import Conflict, Invalid, NotFound
from api.service import Service
from api.takehomes.reading import by_name, levels, takehomes

router = APIRouter(prefix="/invitations")


async def _fields(request: Request) -> dict[str, str]:
    """The fields of the form, as text without NUL."""
    form = await request.form(max_fields=50)
    return {
        name: value.replace("\0", "").strip()[:2000] for name, value in form.items() if isinstance(value, str)
    }


Fields = Annotated[dict[str, str], Depends(_fields)]


def _form(
    request: Request,
    service: Service,
    session: Session,
    values: Mapping[str, str],
    problem: Invalid | Conflict | None = None,
) -> Response:
    homes = [home for home in takehomes(session, archived=False) if home.suite_id is not None]
    context = {
        "takehomes": {home.name: home.title for home in homes},
        "windows": {home.title: home.window_hours for home in homes},
        "levels": sorted({level for home in homes for level in levels(session, home)}),
        "feedback": {"": "as the take-home says"} | {key.value: text for key, text in FEEDBACK.items()},
        "values": {"take_home": "", "time_zone": "UTC"} | dict(values),
        "mail": bool(service.settings.smtp.host),
        "problem": problem.detail if problem else "",
        "errors": problem.errors if problem else {},
    }
    status = problem.status if problem else 200
    return page(request, "reviewer/invite.html.j2", context, status=status)


@router.get("/new")
def new_page(
    request: Request, service: ServiceDep, session: SessionDep, user: Reviewer, take_home: str = ""
) -> Response:
    """The form."""
    del user
    return _form(request, service, session, {"take_home": take_home})


@router.post("/new")
def new_now(
    request: Request, service: ServiceDep, session: SessionDep, user: Reviewer, fields: Fields
) -> Response:
    """Invite one candidate. The link is shown once, or mailed."""
    by, now = actor_of(user, request_id_of(request)), service.now()
    try:
        takehome = by_name(session, fields.get("take_home", ""))
        name, email = fields.get("name", ""), fields.get("email", "")
        invitation, token = invite(
            session,
            takehome,
            name,
            email,
            terms_of(fields),
            by,
            now,
            reference=fields.get("reference", ""),
        )
    except NotFound:
        missing = Invalid("Choose a take-home.", errors={"take_home": "choose one"})
        return _form(request, service, session, fields, missing)
    except (Invalid, Conflict) as problem:
        return _form(request, service, session, fields, problem)
    made = by_id(session, invitation.id)
    if fields.get("send") == "mail" and service.settings.smtp.host:
        mail_later(session, service.queue, made)
        return RedirectResponse(f"/invitations/{made.id}", 303)
    return shown(request, service, session, made, token=token, made=True)


def _import(
    request: Request,
    session: Session,
    *,
    chosen: str = "",
    lines: list[Line] | None = None,
    text: str = "",
    ready: bool = False,
    problem: Invalid | None = None,
    mail: bool = False,
) -> Response:
    homes = [home for home in takehomes(session, archived=False) if home.suite_id is not None]
    context = {
        "takehomes": {home.name: home.title for home in homes},
        "chosen": chosen,
        "columns": COLUMNS,
        "most_lines": MOST_LINES,
        "lines": lines or [],
        "wrong": sum(bool(line.problems) for line in lines or []),
        "text": text,
        "ready": ready,
        "mail": mail,
        "problem": problem.detail if problem else "",
    }
    status = 200 if problem is None and (ready or not lines) else 422
    return page(request, "reviewer/import.html.j2", context, status=status)


@router.get("/import")
def import_page(request: Request, session: SessionDep, user: Reviewer, take_home: str = "") -> Response:
    """The form."""
    del user
    return _import(request, session, chosen=take_home)


@router.post("/import")
def import_now(
    request: Request,
    service: ServiceDep,
    session: SessionDep,
    user: Reviewer,
    take_home: Annotated[str, Form(max_length=60)],
    file: Annotated[UploadFile | None, File()] = None,
    text: Annotated[str, Form()] = "",
    confirm: Annotated[str, Form()] = "",
) -> Response:
    """Look the file through; with `confirm`, invite everybody in it or nobody."""
    mail = bool(service.settings.smtp.host)
    data = file.file.read(MOST_BYTES + 1) if file is not None else text.encode("utf-8", "replace")
    takehome = by_name(session, take_home.replace("\0", ""))
    now = service.now()
    try:
        data = as_csv(data)
        lines = read(data)
        ready = check(session, takehome, lines, now)
    except Invalid as problem:
        return _import(request, session, chosen=take_home, problem=problem)
    if not confirm or not ready:
        # a carriage return would be shown as \\r, and sent back so
        text = data.decode("utf-8-sig").replace("\r\n", "\n").replace("\r", "\n")
        return _import(request, session, chosen=take_home, lines=lines, text=text, ready=ready, mail=mail)
    made = invite_all(session, takehome, lines, actor_of(user, request_id_of(request)), now)
    by_mail = confirm == "mail" and mail
    if by_mail:
        for invitation, _, _ in made:
            mail_later(session, service.queue, invitation)
    links = {
        invitation.id: "" if by_mail else f"{service.settings.base_url}/i/{token}"
        for invitation, token, _ in made
    }
    rows = [
        (line.name, line.email, line.fields.get("reference", ""), links[invitation.id])
        for invitation, _, line in made
    ]
    content = csv_text(("name", "email", "reference", "link"), rows).encode("utf-8-sig")
    context = {
        "takehome": takehome,
        "made": made,
        "links": links,
        "by_mail": by_mail,
        "download": base64.b64encode(content).decode("ascii"),
    }
    return page(request, "reviewer/imported.html.j2", context)
