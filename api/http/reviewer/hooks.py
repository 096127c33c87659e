"""/webhooks: the pages on which administrators look after endpoints and read the log of deliveries."""

from __future__ import annotations

import json
import uuid
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Annotated, Any, Final
from urllib.parse import urlencode

from fastapi import APIRouter, Form, Query, Request
from fastapi.responses import RedirectResponse, Response

from api.hooks.managing import (
    Wish,
    add_endpoint,
    change_endpoint,
    enable,
    remove,
    rotate,
    send_again,
    send_again_since,
    send_test,
)
from api.hooks.outside import Outside
from api.hooks.payloads import KINDS, TEST
from api.hooks.reading import (
    Filters,
    all_endpoints,
    attempts_of,
    delivery_by_id,
    endpoint_by_id,
    page_of_deliveries,
)
from api.hooks.recording import disable
from api.hooks.schedule import BACK_OFF
from api.hooks.secrets import OVERLAP_HOURS
from api.hooks.signing import webhook_id
from api.hooks.tables import DeliveryState, HookEndpoint
from api.http.access import Admin, ServiceDep, SessionDep, acting
from api.http.pages import page
from api.problems import Invalid
from api.service import Service

router = APIRouter(prefix="/webhooks")

ROWS: Final = 50
CHOICES: Final = [kind for kind in KINDS.values() if kind.name != TEST]
OVERLAPS: Final = {0: "not at all", 24: "for 24 hours", 168: "for 7 days"}

Url = Annotated[str, Form(max_length=4000)]
Description = Annotated[str, Form(max_length=1000)]
Kinds = Annotated[list[str], Form()]


def _outside(service: Service) -> Outside:
    return Outside(service.settings.outside)


def _to(endpoint_id: uuid.UUID, **said: object) -> Response:
    query = f"?{urlencode(said)}" if said else ""
    return RedirectResponse(f"/webhooks/{endpoint_id}{query}", 303)


# -- endpoints ----------------------------------------------------------------------------------------


@router.get("")
def list_page(request: Request, session: SessionDep, user: Admin) -> Response:
    """Every endpoint, with how it is doing."""
    del user
    return page(request, "reviewer/hooks/list.html.j2", {"endpoints": all_endpoints(session)})


@router.get("/new")
def new_page(request: Request, user: Admin) -> Response:
    """The form for a new endpoint."""
    del user
    return _form(request, None, Wish(""), {})


def _form(request: Request, endpoint: HookEndpoint | None, wish: Wish, errors: Mapping[str, str]) -> Response:
    context = {"endpoint": endpoint, "wish": wish, "choices": CHOICES, "errors": errors}
    return page(request, "reviewer/hooks/form.html.j2", context, status=422 if errors else 200)


@router.post("")
def add(
    request: Request,
    service: ServiceDep,
    session: SessionDep,
    user: Admin,
    url: Url,
    description: Description = "",
    every: Annotated[bool, Form()] = False,  # noqa: FBT002 -- a check box
    kinds: Kinds = [],  # noqa: B006 -- FastAPI copies it
) -> Response:
    """Add an endpoint and show its secret, once."""
    wish = Wish(url.strip(), description, () if every else tuple(kinds))
    try:
        _some(wish, every=every)
        endpoint, secret = add_endpoint(
            session, _outside(service), service.safe, wish, acting(request, user), service.now()
        )
    except Invalid as wrong:
        return _form(request, None, wish, wrong.errors)
    return _secret(request, endpoint, secret, "The endpoint is there.")


def _some(wish: Wish, *, every: bool) -> None:
    """Refuse a form without any kind: no choice must not mean every kind here.

    Raises:
        Invalid: none is chosen.
    """
    if not every and not wish.kinds:
        raise Invalid("No kind is chosen.", errors={"kinds": "Choose at least one, or every kind."})


def _secret(request: Request, endpoint: HookEndpoint, secret: str, title: str) -> Response:
    context = {"endpoint": endpoint, "secret": secret, "title": title}
    return page(request, "reviewer/hooks/secret.html.j2", context)


@router.get("/{endpoint_id}")
def endpoint_page(
    request: Request,
    service: ServiceDep,
    session: SessionDep,
    user: Admin,
    endpoint_id: uuid.UUID,
    state: Annotated[str, Query(max_length=40)] = "",
    kind: Annotated[str, Query(max_length=80)] = "",
    before: uuid.UUID | None = None,
    again: Annotated[int | None, Query(ge=0)] = None,
) -> Response:
    """One endpoint and its deliveries."""
    del user
    endpoint = endpoint_by_id(session, endpoint_id)
    return _endpoint(request, service, session, endpoint, state=state, kind=kind, before=before, again=again)


def _endpoint(
    request: Request,
    service: Service,
    session: SessionDep,
    endpoint: HookEndpoint,
    *,
    state: str = "",
    kind: str = "",
    before: uuid.UUID | None = None,
    again: int | None = None,
    problem: str = "",
) -> Response:
    filters = Filters(
        DeliveryState(state) if state in list(DeliveryState) else None, kind if kind in KINDS else None
    )
    found = page_of_deliveries(session, endpoint, filters, before, ROWS)
    chosen = {"state": filters.state.value if filters.state else "", "kind": filters.kind or ""}
    older = urlencode({**chosen, "before": str(found.following)}) if found.following else ""
    now = service.now()
    context: dict[str, Any] = {
        "endpoint": endpoint,
        "rows": found.rows,
        "chosen": chosen,
        "older": older,
        "first": before is None,
        "kinds": list(KINDS),
        "states": list(DeliveryState),
        "overlaps": OVERLAPS,
        "old_signs": endpoint.old_secret_ends_at is not None and endpoint.old_secret_ends_at > now,
        "again": again,
        "problem": problem,
        "now": now,
    }
    return page(request, "reviewer/hooks/endpoint.html.j2", context, status=422 if problem else 200)


@router.get("/{endpoint_id}/edit")
def edit_page(request: Request, session: SessionDep, user: Admin, endpoint_id: uuid.UUID) -> Response:
    """The form for an endpoint that is there."""
    del user
    endpoint = endpoint_by_id(session, endpoint_id)
    return _form(request, endpoint, Wish(endpoint.url, endpoint.description, endpoint.kinds), {})


@router.post("/{endpoint_id}/edit")
def edit(
    request: Request,
    service: ServiceDep,
    session: SessionDep,
    user: Admin,
    endpoint_id: uuid.UUID,
    url: Url,
    description: Description = "",
    every: Annotated[bool, Form()] = False,  # noqa: FBT002 -- a check box
    kinds: Kinds = [],  # noqa: B006 -- FastAPI copies it
) -> Response:
    """Change it."""
    endpoint = endpoint_by_id(session, endpoint_id, lock=True)
    wish = Wish(url.strip(), description, () if every else tuple(kinds))
    try:
        _some(wish, every=every)
        change_endpoint(session, _outside(service), endpoint, wish, acting(request, user), service.now())
    except Invalid as wrong:
        return _form(request, endpoint, wish, wrong.errors)
    return _to(endpoint_id)


@router.post("/{endpoint_id}/rotate")
def rotate_now(
    request: Request,
    service: ServiceDep,
    session: SessionDep,
    user: Admin,
    endpoint_id: uuid.UUID,
    hours: Annotated[int, Form()] = OVERLAP_HOURS[1],
) -> Response:
    """Make a new secret and show it, once."""
    endpoint = endpoint_by_id(session, endpoint_id, lock=True)
    secret = rotate(session, service.safe, endpoint, hours, acting(request, user), service.now())
    return _secret(request, endpoint, secret, "The new secret is in force.")


@router.post("/{endpoint_id}/disable")
def disable_now(
    request: Request, service: ServiceDep, session: SessionDep, user: Admin, endpoint_id: uuid.UUID
) -> Response:
    """Tell it nothing more."""
    endpoint = endpoint_by_id(session, endpoint_id, lock=True)
    disable(session, endpoint, f"Disabled by {user.name}.", acting(request, user), service.now())
    return _to(endpoint_id)


@router.post("/{endpoint_id}/enable")
def enable_now(
    request: Request, service: ServiceDep, session: SessionDep, user: Admin, endpoint_id: uuid.UUID
) -> Response:
    """Tell it again."""
    enable(session, endpoint_by_id(session, endpoint_id, lock=True), acting(request, user), service.now())
    return _to(endpoint_id)


@router.post("/{endpoint_id}/remove")
def remove_now(
    request: Request, service: ServiceDep, session: SessionDep, user: Admin, endpoint_id: uuid.UUID
) -> Response:
    """Remove it with its log."""
    remove(session, endpoint_by_id(session, endpoint_id, lock=True), acting(request, user), service.now())
    return RedirectResponse("/webhooks", 303)


# -- deliveries ---------------------------------------------------------------------------------------


@router.post("/{endpoint_id}/test")
def test_now(
    request: Request, service: ServiceDep, session: SessionDep, user: Admin, endpoint_id: uuid.UUID
) -> Response:
    """Send a test event, and show what becomes of it."""
    endpoint = endpoint_by_id(session, endpoint_id)
    made = send_test(session, endpoint, service.settings.base_url, acting(request, user), service.now())
    return RedirectResponse(f"/webhooks/{endpoint_id}/deliveries/{made.id}", 303)


@router.post("/{endpoint_id}/resend")
def resend_since(
    request: Request,
    service: ServiceDep,
    session: SessionDep,
    user: Admin,
    endpoint_id: uuid.UUID,
    since: Annotated[str, Form(max_length=40)],
    delivered: Annotated[bool, Form()] = False,  # noqa: FBT002 -- a check box
) -> Response:
    """Send again what was missed since a time, which is in UTC."""
    endpoint = endpoint_by_id(session, endpoint_id, lock=True)
    try:
        moment = datetime.fromisoformat(since)
        count = send_again_since(
            session,
            endpoint,
            moment if moment.tzinfo else moment.replace(tzinfo=UTC),
            service.settings.base_url,
            acting(request, user),
            service.now(),
            delivered=delivered,
        )
    except ValueError:
        problem = "This is no time. Write it as 2026-11-24T09:30."
    except Invalid as wrong:
        problem = wrong.detail
    else:
        return _to(endpoint_id, again=count)
    return _endpoint(request, service, session, endpoint, problem=problem)


@router.get("/{endpoint_id}/deliveries/{delivery_id}")
def delivery_page(
    request: Request, session: SessionDep, user: Admin, endpoint_id: uuid.UUID, delivery_id: uuid.UUID
) -> Response:
    """What was sent, and every attempt with its answer."""
    del user
    delivery = delivery_by_id(session, endpoint_id, delivery_id)
    context = {
        "endpoint": endpoint_by_id(session, endpoint_id),
        "delivery": delivery,
        "webhook_id": webhook_id(delivery.id),
        "body": json.dumps(json.loads(delivery.body), indent=2, ensure_ascii=False),
        "attempts": [(one, one.answer.decode("utf-8", "replace")) for one in attempts_of(session, delivery)],
        "most_tries": len(BACK_OFF) + 1,
    }
    return page(request, "reviewer/hooks/delivery.html.j2", context)


@router.post("/{endpoint_id}/deliveries/{delivery_id}/resend")
def resend(
    request: Request,
    service: ServiceDep,
    session: SessionDep,
    user: Admin,
    endpoint_id: uuid.UUID,
    delivery_id: uuid.UUID,
) -> Response:
    """Send it again, under the same id."""
    endpoint = endpoint_by_id(session, endpoint_id)
    delivery = delivery_by_id(session, endpoint_id, delivery_id, lock=True)
    send_again(session, endpoint, delivery, acting(request, user), service.now())
    return RedirectResponse(f"/webhooks/{endpoint_id}/deliveries/{delivery_id}", 303)
