"""/ats: the pages on which administrators look after applicant tracking systems, and what these sent."""

from __future__ import annotations

import uuid
from collections.abc import Mapping
from typing import Annotated, Final

from fastapi import APIRouter, Form, Request
from fastapi.responses import RedirectResponse, Response

from api.ats.connections import all_ats, ats_by_id, make_ats, newest_tests, revoke_ats, rotate_ats
from api.ats.tables import AtsConnection
from api.hooks.secrets import OVERLAP_HOURS, old_is_valid
from api.http.access import Admin, ServiceDep, SessionDep, acting
from api.http.pages import page
from api.http.reviewer.hooks import OVERLAPS
from api.problems import Invalid
from api.service import Service

router = APIRouter(prefix="/ats")

ROWS: Final = 50
CALLS: Final = {
    "list_tests": "GET",
    "send_test": "POST",
    "test_status": "GET",
    "response_error": "POST",
}
"""Of the contract, and how each is called."""

Line = Annotated[str, Form(max_length=1000)]


def _addresses(service: Service) -> list[tuple[str, str, str]]:
    start = f"{service.settings.base_url}/api/v1/ats/greenhouse"
    return [(call, method, f"{start}/{call}") for call, method in CALLS.items()]


@router.get("")
def list_page(request: Request, service: ServiceDep, session: SessionDep, user: Admin) -> Response:
    """Every system."""
    del user
    now = service.now()
    context = {
        "systems": [(row, old_is_valid(row, now)) for row in all_ats(session)],
        "mails": bool(service.settings.smtp.host),
    }
    return page(request, "reviewer/ats/list.html.j2", context)


@router.get("/new")
def new_page(request: Request, user: Admin) -> Response:
    """The form for a new system."""
    del user
    return _form(request, "Greenhouse", {})


def _form(request: Request, name: str, errors: Mapping[str, str]) -> Response:
    context = {"name": name, "errors": errors}
    return page(request, "reviewer/ats/form.html.j2", context, status=422 if errors else 200)


@router.post("")
def add(request: Request, service: ServiceDep, session: SessionDep, user: Admin, name: Line = "") -> Response:
    """Connect a system and show its key, once."""
    name = name.replace("\0", "")
    try:
        row, key = make_ats(session, service.safe, name, acting(request, user), service.now())
    except Invalid as wrong:
        return _form(request, name, wrong.errors)
    return _key(request, service, row, key, "The system is connected.")


def _key(request: Request, service: Service, row: AtsConnection, key: str, title: str) -> Response:
    context = {"connection": row, "key": key, "title": title, "addresses": _addresses(service)}
    return page(request, "reviewer/ats/key.html.j2", context)


@router.get("/{ats_id}")
def system_page(
    request: Request, service: ServiceDep, session: SessionDep, user: Admin, ats_id: uuid.UUID
) -> Response:
    """One system: what it is, and the tests that it sent last."""
    del user
    row = ats_by_id(session, ats_id)
    context = {
        "connection": row,
        "addresses": _addresses(service),
        "overlaps": OVERLAPS,
        "old_is_valid": old_is_valid(row, service.now()),
        "tests": newest_tests(session, row, ROWS),
    }
    return page(request, "reviewer/ats/system.html.j2", context)


@router.post("/{ats_id}/rotate")
def rotate_now(
    request: Request,
    service: ServiceDep,
    session: SessionDep,
    user: Admin,
    ats_id: uuid.UUID,
    hours: Annotated[int, Form()] = OVERLAP_HOURS[1],
) -> Response:
    """Replace the key and show the new one, once."""
    row = ats_by_id(session, ats_id, lock=True)
    key = rotate_ats(session, service.safe, row, hours, acting(request, user), service.now())
    return _key(request, service, row, key, "The new key is in force.")


@router.post("/{ats_id}/revoke")
def revoke_now(
    request: Request, service: ServiceDep, session: SessionDep, user: Admin, ats_id: uuid.UUID
) -> Response:
    """Make its key useless."""
    row = ats_by_id(session, ats_id, lock=True)
    revoke_ats(session, row, acting(request, user), service.now())
    return RedirectResponse("/ats", 303)
