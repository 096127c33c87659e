"""Taking the body of an upload: checked who sends it before a byte is read, counted while it comes in."""

from __future__ import annotations

from collections.abc import AsyncGenerator
from dataclasses import dataclass
from email.message import Message
from typing import Annotated, Final

from fastapi import Depends, Request
from starlette.concurrency import run_in_threadpool
from starlette.datastructures import Headers, UploadFile
from starlette.formparsers import MultiPartException, MultiPartParser
from starlette.requests import ClientDisconnect

from api.accounts.keys import Scope
from api.audit.log import Actor
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


def check_first(request: Request, service: Service, scope: Scope) -> Actor:
    """Check the caller in a transaction of its own, which ends before the body is read.

    Raises:
        NotSignedIn, Forbidden: the caller may not upload.
    """
    with service.sessions.begin() as session:
        return needs_scope(scope)(caller(request, service, session)).actor


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
    kind = kind_of(request)
    if kind not in {*RAW, FORM}:
        listed = ", ".join(RAW)
        raise WrongType(f"Send the archive as the body ({listed}), or as the field `file` of a {FORM} body.")
    chunks = counted(request, most + (ENVELOPE if kind == FORM else 0), most)
    if kind == FORM:
        body = await form_of(request.headers, chunks)
    else:
        body = Body(b"".join([chunk async for chunk in chunks]), "", {})
    check_size(body.data, most)
    return body


def kind_of(request: Request) -> str:
    """The media type of the body."""
    header = Message()
    header["content-type"] = request.headers.get("content-type", "") or "unknown/unknown"
    return header.get_content_type()


async def counted(request: Request, allowed: int, most: int) -> AsyncGenerator[bytes, None]:
    """The body as it comes, up to `allowed` bytes. Messages speak of `most`, without the envelope of a form.

    Raises:
        TooLarge: more came, or will come as the header says.
        Invalid: the connection ended.
    """
    declared = request.headers.get("content-length", "")
    if declared.isascii() and declared.isdigit() and (len(declared) > 15 or int(declared) > allowed):
        raise _too_large(most)
    received = 0
    try:
        async for chunk in request.stream():
            received += len(chunk)
            if received > allowed:
                raise _too_large(most)
            yield chunk
    except ClientDisconnect as error:
        raise Invalid("The connection ended before the upload did. Nothing was taken.") from error


async def form_of(headers: Headers, chunks: AsyncGenerator[bytes, None]) -> Body:
    """The form in a body, whose field `file` is the upload.

    Raises:
        Invalid: it is no form, or has no file.
    """
    parser = MultiPartParser(headers, chunks, max_files=1, max_fields=8, max_part_size=ENVELOPE)
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


def check_size(data: bytes, most: int) -> None:
    """Make sure that an upload is one.

    Raises:
        TooLarge, Invalid: it is too much, or nothing.
    """
    if len(data) > most:
        raise _too_large(most)
    if not data:
        raise Invalid("The upload is empty.", errors={"file": "has no bytes"})


def _too_large(most: int) -> TooLarge:
    return TooLarge(f"The upload is larger than {words(most)}. Leave out data and installed packages.")
