"""Reviewing blind: a choice of the browser, by which pages show an alias instead of who the candidate is."""

from __future__ import annotations

from collections.abc import Callable

from fastapi import Request
from fastapi.responses import Response

from api.service import Service
from api.submissions.tables import Submission

COOKIE = "blind"
A_YEAR = 365 * 24 * 3600


def is_blind(request: Request) -> bool:
    """Whether this browser wants no names."""
    return request.cookies.get(COOKIE) == "1"


def set_blind(response: Response, service: Service, *, blind: bool) -> None:
    """Remember the choice."""
    if blind:
        response.set_cookie(
            COOKIE, "1", max_age=A_YEAR, httponly=True, samesite="lax", secure=service.settings.secure
        )
    else:
        response.delete_cookie(COOKIE, secure=service.settings.secure, httponly=True)


def alias(submission: Submission) -> str:
    """The same name for a candidate in every list, which says nothing about them."""
    identity = submission.candidate_id or submission.id
    return f"Candidate {identity.hex[-6:]}"


def called(submission: Submission, *, blind: bool) -> str:
    """What to call a submission, whose candidate was loaded with it."""
    if blind:
        return alias(submission)
    if submission.candidate is not None:
        return submission.candidate.name or "(anonymised)"
    return submission.label or f"upload {submission.id.hex[-6:]}"


def caller_of_names(request: Request) -> Callable[[Submission], str]:
    """`called` as this browser wants it, for templates that list submissions."""
    blind = is_blind(request)
    return lambda submission: called(submission, blind=blind)
