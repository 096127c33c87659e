"""POST /hooks/in/{connection}: where forges deliver. A signature opens it, and work starts after the answer."""

from __future__ import annotations

import hashlib
import json
import uuid
from email.message import Message
from typing import Annotated, Any, Final

import structlog
from fastapi import APIRouter, Depends, Request
from fastapi.responses import JSONResponse, Response

from api.forges.github import form_payload
from api.forges.known import forge_of
from api.forges.receiving import Facts, take_delivery
from api.forges.tables import ForgeConnection
from api.hooks.secrets import valid_secrets
from api.http.access import ServiceDep, SessionDep

log = structlog.get_logger()

router = APIRouter(include_in_schema=False)

FORM: Final = "application/x-www-form-urlencoded"


async def _raw(request: Request) -> bytes:
    """The body as it came: what is signed. Its size is bounded where the router is included."""
    return await request.body()


RawBody = Annotated[bytes, Depends(_raw)]


@router.post("/hooks/in/{connection_id}")
def deliver(
    request: Request, body: RawBody, service: ServiceDep, session: SessionDep, connection_id: str
) -> Response:
    """Take one delivery. Whatever is signed is answered 202, also what nothing is done about."""
    connection = _connection(session, connection_id)
    if connection is None:
        return _answer(404, "There is no such connection.")
    forge, now = forge_of(connection.kind), service.now()
    headers = {name.lower(): value for name, value in request.headers.items()}
    secrets = valid_secrets(service.safe, connection, now)
    if not secrets:
        log.error(
            "a delivery cannot be checked: its secret was stored under another key", forge=connection_id
        )
        return _answer(503, "We cannot check the signature. An administrator has to rotate the secret.")
    if not forge.verify(headers, body, secrets, now):
        log.info("a delivery was not signed rightly", forge=connection_id)
        return _answer(401, "The signature is not right, or is missing. Compare the secret on both sides.")
    payload = _payload(headers, body)
    if payload is None:
        return _answer(400, "The body is no JSON object.")
    event = forge.event(headers)
    facts = Facts(forge.delivery_id(headers), hashlib.sha256(body).hexdigest(), event)
    taken = take_delivery(session, service.queue, connection, facts, forge.read(event, payload), now)
    log.info(
        "delivery", forge=connection_id, event_kind=event[:80], result=taken.result.value, reason=taken.reason
    )
    return _answer(
        202, taken.reason, result=taken.result.value, commit=taken.commit, duplicate=taken.duplicate
    )


def _connection(session: SessionDep, connection_id: str) -> ForgeConnection | None:
    try:
        return session.get(ForgeConnection, uuid.UUID(connection_id))
    except ValueError:
        return None


def _payload(headers: dict[str, str], body: bytes) -> dict[str, Any] | None:
    """The object in a body; None where there is none."""
    kind = Message()
    kind["content-type"] = headers.get("content-type", "") or "unknown/unknown"
    text = form_payload(body) if kind.get_content_type() == FORM else body
    try:
        found = json.loads(text)
    except (ValueError, RecursionError):
        return None
    return found if isinstance(found, dict) else None


def _answer(status: int, reason: str, **members: object) -> Response:
    return JSONResponse({"reason": reason, **members}, status)
