"""Publishing a take-home, and the versions of its suite and rubric."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Form, Query, Request, UploadFile
from fastapi.responses import RedirectResponse, Response
from starlette.concurrency import run_in_threadpool

from api.accounts.people import actor_of
from api.accounts.tables import Role, User
from api.http.access import Admin, Author, Reviewer, ServiceDep, SessionDep
from api.http.errors import request_id_of
from api.http.pages import page
from api.problems import Forbidden, TooLarge
from api.reviews.changes import propose
from api.reviews.listing import changes_of
from api.service import Service
from api.takehomes.packing import BadPackage, unpack
from api.takehomes.publishing import BadUpload, publish
from api.takehomes.reading import by_name
from api.takehomes.versions import check_again, difference, rubrics, suite_numbered, suites, waive, waiver
from grader.intake.limits import size

router = APIRouter()


@router.get("/take-homes/publish")
def publish_page(request: Request, service: ServiceDep, user: Author) -> Response:
    """The form."""
    return _form(request, service, user)


def _form(
    request: Request, service: Service, user: User, problems: tuple[str, ...] = (), status: int = 200
) -> Response:
    context = {
        "problems": problems,
        "most": service.settings.bounds.takehome_bytes,
        "may_waive": Role(user.role).covers(Role.ADMIN),
    }
    return page(request, "reviewer/changes/publish.html.j2", context, status=status)


@router.post("/take-homes/publish")
async def publish_now(
    request: Request,
    service: ServiceDep,
    user: Author,
    archive: UploadFile,
    waive: Annotated[str, Form(max_length=2000)] = "",
) -> Response:
    """Take an archive over. Asynchronous because it streams."""
    if waive.strip() and not Role(user.role).covers(Role.ADMIN):
        raise Forbidden("Only an administrator can waive the check.")
    try:
        data = await read_bounded(archive, service.settings.bounds.takehome_bytes)
        name = await run_in_threadpool(_publish, service, data, user, request_id_of(request), waive.strip())
    except (BadUpload, BadPackage) as bad:
        problems = bad.problems if isinstance(bad, BadUpload) else (str(bad),)
        return _form(request, service, user, problems, 422)
    except TooLarge as large:
        return _form(request, service, user, (large.detail,), 413)
    return RedirectResponse(f"/take-homes/{name}/versions", 303)


async def read_bounded(file: UploadFile, most: int) -> bytes:
    """The bytes of an uploaded file.

    Raises:
        TooLarge: there are more than `most`.
    """
    data = await file.read(most + 1)
    if len(data) > most:
        raise TooLarge(f"The archive is larger than {size(most)} (GRADER_BOUNDS__TAKEHOME_BYTES).")
    return data


def _publish(service: Service, data: bytes, user: User, request_id: str, reason: str) -> str:
    """In a transaction of its own: what the request's dependencies read is committed when it ends."""
    files = unpack(data)
    with service.sessions.begin() as session:
        by = actor_of(user, request_id)
        row, _, _ = publish(
            session, service.blobs, files, by, service.now(), queue=service.queue, waive=reason
        )
        return row.name


@router.get("/take-homes/{name}/versions")
def versions_page(
    request: Request,
    session: SessionDep,
    user: Reviewer,
    name: str,
    old: Annotated[int | None, Query(alias="from")] = None,
    new: Annotated[int | None, Query(alias="to")] = None,
) -> Response:
    """All versions; with `from` and `to` also the difference of two rubrics."""
    takehome = by_name(session, name)
    role = Role(user.role)
    context = {
        "takehome": takehome,
        "suites": suites(session, takehome),
        "rubrics": rubrics(session, takehome),
        "changes": changes_of(session, takehome),
        "difference": difference(session, takehome, old, new) if old and new else None,
        "is_author": role.covers(Role.AUTHOR),
        "is_admin": role.covers(Role.ADMIN),
    }
    return page(request, "reviewer/changes/versions.html.j2", context)


@router.get("/take-homes/{name}/versions/{number}")
def version_page(request: Request, session: SessionDep, user: Reviewer, name: str, number: int) -> Response:
    """One suite version: its check, remark by remark."""
    takehome = by_name(session, name)
    suite = suite_numbered(session, takehome, number)
    role = Role(user.role)
    context = {
        "takehome": takehome,
        "waiver": waiver(session, suite),
        "line": next(line for line in suites(session, takehome) if line.suite.number == number),
        "is_author": role.covers(Role.AUTHOR),
        "is_admin": role.covers(Role.ADMIN),
    }
    return page(request, "reviewer/changes/version.html.j2", context)


@router.post("/take-homes/{name}/versions/{number}/waive")
def waive_now(
    request: Request,
    service: ServiceDep,
    session: SessionDep,
    user: Admin,
    name: str,
    number: int,
    reason: Annotated[str, Form(max_length=2000)] = "",
) -> Response:
    """Let a version be used without its check."""
    by = actor_of(user, request_id_of(request))
    waive(session, service.queue, by_name(session, name), number, reason, by, service.now())
    return RedirectResponse(f"/take-homes/{name}/versions/{number}", 303)


@router.post("/take-homes/{name}/versions/{number}/check")
def check_now(
    request: Request, service: ServiceDep, session: SessionDep, user: Author, name: str, number: int
) -> Response:
    """Check a version once more."""
    by = actor_of(user, request_id_of(request))
    check_again(session, service.queue, by_name(session, name), number, by, service.now())
    return RedirectResponse(f"/take-homes/{name}/versions/{number}", 303)


@router.post("/take-homes/{name}/versions/{number}/try")
def try_now(
    request: Request, service: ServiceDep, session: SessionDep, user: Author, name: str, number: int
) -> Response:
    """Try a suite version on all submissions: another one, or the one in force after the environment changed."""
    by = actor_of(user, request_id_of(request))
    takehome = by_name(session, name)
    suite = suite_numbered(session, takehome, number)
    change = propose(session, service.queue, takehome, by, service.now(), suite=suite)
    return RedirectResponse(f"/changes/{change.id}" if change else f"/take-homes/{name}/versions", 303)
