"""Who sends what to /ci/submissions: a program with a token, or a connection that signed the body."""

from __future__ import annotations

import uuid
from collections.abc import AsyncGenerator
from dataclasses import dataclass
from typing import Annotated, Final, TypeVar

from fastapi import Depends, Header, Query, Request
from pydantic import ValidationError
from starlette.concurrency import run_in_threadpool

from api.accounts.keys import Scope
from api.audit.log import Actor
from api.ci.asking import Sender, Wish
from api.ci.connections import connection_by_id
from api.ci.signatures import NotSigned, Signed, check_signature, signed_headers_of
from api.hooks.secrets import valid_secrets
from api.http.access import ServiceDep
from api.http.errors import request_id_of
from api.http.v1.ci_shapes import Asked, AskedToFetch, NamedRepository
from api.http.v1.shapes import Storable
from api.http.v1.uploads import (
    ENVELOPE,
    FORM,
    RAW,
    check_first,
    check_size,
    counted,
    form_of,
    kind_of,
)
from api.problems import Invalid, NotFound, NotSignedIn, WrongType
from api.service import Service

JSON: Final = "application/json"
TYPES: Final = (JSON, FORM, *RAW)
Shape = TypeVar("Shape", bound=Asked)


@dataclass(frozen=True)
class Archive:
    """Code that came along."""

    file_name: str
    data: bytes


@dataclass(frozen=True)
class Sent:
    """A request that was read, from somebody who may send it."""

    sender: Sender
    wish: Wish
    content: Archive | NamedRepository
    connection_id: uuid.UUID | None = None


@dataclass(frozen=True)
class _Known:
    """A connection, as it was when the request began."""

    actor: Actor
    takehome_id: uuid.UUID | None
    secrets: list[str]


async def read_ci(
    request: Request,
    service: ServiceDep,
    connection: Annotated[
        uuid.UUID | None,
        Query(description="Instead of a token: the connection whose secret signed the body."),
    ] = None,
    take_home: Annotated[str, Query(max_length=60, description="Name of a take-home."), Storable] = "",
    invitation: Annotated[uuid.UUID | None, Query(description="Id of an invitation.")] = None,
    label: Annotated[str, Query(max_length=200, description="What to call it."), Storable] = "",
    level: Annotated[
        str | None, Query(max_length=60, description="Seniority level of the rubric."), Storable
    ] = None,
    filename: Annotated[
        str, Query(max_length=255, description="Where the body is the archive itself: its name."), Storable
    ] = "",
    idempotency_key: Annotated[
        str | None,
        Header(
            max_length=200,
            pattern=r"^[\x21-\x7e]+$",
            description="With a token: the same key again gives what it made before. Who signs has webhook-id for it.",
        ),
    ] = None,
) -> Sent:
    """The whole request: checked who sends it as far as that can be told before the body is read.

    Raises:
        NotSignedIn, Forbidden: nobody who may send.
        TooLarge, WrongType, Invalid: what was sent cannot be read.
    """
    in_query = Wish(take_home, invitation, label, level)
    if connection is not None or "webhook-signature" in request.headers:
        if idempotency_key is not None or filename or in_query != Wish():
            raise Invalid("A signature covers the body only: say there what it is for.")
        return await _read_signed(request, service, connection)
    actor = await run_in_threadpool(check_first, request, service, Scope.SUBMIT)
    sender = Sender(actor, idempotency_key)
    most = service.settings.bounds.upload_bytes
    if (kind := kind_of(request)) in RAW:
        data = await _whole(counted(request, most, most))
        check_size(data, most)
        return Sent(sender, in_query, Archive(filename or "upload", data))
    chunks = counted(request, _allowed(kind, most), most)
    if filename or in_query != Wish():
        raise Invalid("Say in the body what it is for, not in the query.")
    return await _understood(request, kind, chunks, sender, most)


SentToCi = Annotated[Sent, Depends(read_ci)]


async def _read_signed(request: Request, service: Service, connection: uuid.UUID | None) -> Sent:
    if connection is None:
        raise NotSignedIn("Name the connection that signed: ?connection=ID.")
    kind, most = kind_of(request), service.settings.bounds.upload_bytes
    if kind in RAW:
        raise WrongType(
            f"A signature covers the body only, so what it is for must be in it: sign a {FORM} or {JSON} body."
        )
    try:
        signed = signed_headers_of(request.headers, service.now())
        known = await run_in_threadpool(_known, request, service, connection)
        body = await _whole(counted(request, _allowed(kind, most), most))
        await run_in_threadpool(_check, signed, body, known.secrets)
    except NotSigned as wrong:
        raise NotSignedIn(str(wrong)) from wrong
    sender = Sender(known.actor, signed.message_id, known.takehome_id)
    sent = await _understood(request, kind, _again(body), sender, most)
    return Sent(sender, sent.wish, sent.content, connection)


def _known(request: Request, service: Service, connection: uuid.UUID) -> _Known:
    with service.sessions() as session:
        try:
            row = connection_by_id(session, connection)
        except NotFound as error:
            raise NotSignedIn("This connection is unknown or revoked.") from error
        actor = Actor("connection", str(row.id), row.name, request_id_of(request))
        secrets = valid_secrets(service.safe, row, service.now())
    if not secrets:
        raise NotSignedIn("The secret of this connection cannot be read any more: rotate it.")
    return _Known(actor, row.takehome_id, secrets)


def _check(signed: Signed, body: bytes, secrets: list[str]) -> None:
    check_signature(signed, body, secrets)


def _allowed(kind: str, most: int) -> int:
    if kind not in {JSON, FORM}:
        raise WrongType(f"Send one of: {', '.join(TYPES)}.")
    return ENVELOPE if kind == JSON else most + ENVELOPE


async def _understood(
    request: Request, kind: str, chunks: AsyncGenerator[bytes, None], sender: Sender, most: int
) -> Sent:
    if kind == JSON:
        asked = _checked(AskedToFetch, await _whole(chunks))
        return Sent(sender, _wish(asked), asked.repository)
    body = await form_of(request.headers, chunks)
    check_size(body.data, most)
    return Sent(sender, _wish(_checked(Asked, body.fields)), Archive(body.file_name or "upload", body.data))


def _checked(shape: type[Shape], given: bytes | dict[str, str]) -> Shape:
    try:
        return shape.model_validate_json(given) if isinstance(given, bytes) else shape.model_validate(given)
    except ValidationError as error:
        wrong = error.errors(include_input=False, include_url=False, include_context=False)
        errors = {".".join(map(str, one["loc"])) or "body": one["msg"] for one in wrong}
        listed = "; ".join(f"{field}: {message}" for field, message in errors.items())
        raise Invalid(f"The body is not valid. {listed}", errors=errors) from error


def _wish(asked: Asked) -> Wish:
    return Wish(asked.take_home, asked.invitation, asked.label, asked.level)


async def _whole(chunks: AsyncGenerator[bytes, None]) -> bytes:
    return b"".join([chunk async for chunk in chunks])


async def _again(body: bytes) -> AsyncGenerator[bytes, None]:
    yield body
