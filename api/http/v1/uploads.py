"""Taking the body of an upload: checked who sends it before a byte is read, counted while it comes in."""

from __future__ import annotations

from collections.abc import AsyncGenerator
from dataclasses import dataclass
from email.message import Message
from typing import Annotated, Final

from fastapi import Depends, Request
from starlette.concurrency import run_in_threadpool
from starlette.datastructures import UploadFile
from starlette.formparsers import MultiPartException, MultiPartParser
from starlette.requests import ClientDisconnect

from api.accounts.keys import Scope
from api.http.access import ServiceDep, caller, needs_scope
from api.problems import Invalid, TooLarge, WrongType
from api.service import Service
from grader.intake.limits import size as words

RAW: Final = (
    "application/zip",
    "application/gzip",
    "application/x-gzip",
    "application/x-tar",
    "application/octet-stream",
)
FORM: Final = "multipart/form-data"
ENVELOPE: Final = 64 * 2**10
"""What a form may hold beside its file: boundaries, headers, short fields."""


@dataclass(frozen=True)
class Body:
    """What came in."""

    data: bytes
    file_name: str
    """As the form calls it; empty where the body is the file itself."""
    fields: dict[str, str]
    """The other fields of the form."""


def check_first(request: Request, service: Service, scope: Scope) -> None:
    """Check the caller in a transaction of its own, which ends before the body is read.

    Raises:
        NotSignedIn, Forbidden: the caller may not upload.
    """
    with service.sessions.begin() as session:
        needs_scope(scope)(caller(request, service, session))


async def read_submission(request: Request, service: ServiceDep) -> Body:
    """The body of `POST …/submissions`.

    Raises:
        TooLarge: more than the limit came in; the rest is not read.
        WrongType, Invalid: it is no upload.
    """
    await run_in_threadpool(check_first, request, service, Scope.SUBMIT)
    return await _read(request, service.settings.bounds.upload_bytes)


async def read_takehome(request: Request, service: ServiceDep) -> Body:
    """The body of `POST /take-homes`; see `read_submission`."""
    await run_in_threadpool(check_first, request, service, Scope.PUBLISH)
    return await _read(request, service.settings.bounds.takehome_bytes)


SubmissionBody = Annotated[Body, Depends(read_submission)]
TakehomeBody = Annotated[Body, Depends(read_takehome)]


async def _read(request: Request, most: int) -> Body:
    kind = _kind(request)
    if kind not in {*RAW, FORM}:
        listed = ", ".join(RAW)
        raise WrongType(f"Send the archive as the body ({listed}), or as the field `file` of a {FORM} body.")
    allowed = most + (ENVELOPE if kind == FORM else 0)
    declared = request.headers.get("content-length", "")
    if declared.isascii() and declared.isdigit() and (len(declared) > 15 or int(declared) > allowed):
        raise _too_large(most)
    try:
        if kind == FORM:
            body = await _form(request, allowed, most)
        else:
            body = Body(b"".join([chunk async for chunk in _counted(request, allowed, most)]), "", {})
    except ClientDisconnect as error:
        raise Invalid("The connection ended before the upload did. Nothing was taken.") from error
    if len(body.data) > most:
        raise _too_large(most)
    if not body.data:
        raise Invalid("The upload is empty.", errors={"file": "has no bytes"})
    return body


def _kind(request: Request) -> str:
    header = Message()
    header["content-type"] = request.headers.get("content-type", "") or "unknown/unknown"
    return header.get_content_type()


async def _counted(request: Request, allowed: int, most: int) -> AsyncGenerator[bytes, None]:
    received = 0
    async for chunk in request.stream():
        received += len(chunk)
        if received > allowed:
            raise _too_large(most)
        yield chunk


async def _form(request: Request, allowed: int, most: int) -> Body:
    chunks = _counted(request, allowed, most)
    parser = MultiPartParser(request.headers, chunks, max_files=1, max_fields=8, max_part_size=ENVELOPE)
    try:
        form = await parser.parse()
    except MultiPartException as error:
        raise Invalid(f"The form cannot be read: {error.message}", errors={"body": error.message}) from error
    try:
        file = form.get("file")
        if not isinstance(file, UploadFile):
            raise Invalid("The form has no file.", errors={"file": "a file field of this name is needed"})
        fields = {name: value for name, value in form.multi_items() if isinstance(value, str)}
        return Body(await file.read(), file.filename or "", fields)
    finally:
        await form.close()


def _too_large(most: int) -> TooLarge:
    return TooLarge(f"The upload is larger than {words(most)}. Leave out data and installed packages.")
