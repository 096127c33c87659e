"""The stream of what happens to a submission, as server-sent events."""

from __future__ import annotations

import time
import uuid
from collections.abc import AsyncIterator
from typing import Final

import anyio
import anyio.to_thread
from fastapi import APIRouter, Request, Response
from fastapi.responses import StreamingResponse

from api.http.access import ServiceDep, SessionDep
from api.http.v1.answers import problems
from api.http.v1.submission_shapes import Watched, shown
from api.http.v1.submissions import Reader
from api.problems import NotFound
from api.service import Service
from api.submissions.listing import submission_by_id
from api.submissions.states import UNDER_WAY

router = APIRouter(tags=["Submissions"])

POLL_SECONDS: Final = 1.0
BEAT_SECONDS: Final = 15.0
"""Proxies close connections on which nothing is said."""
LONGEST_SECONDS: Final = 300.0
"""A stream ends after this long; the client's EventSource opens another."""

EVENT: Final = {
    "type": "object",
    "properties": {"event": {"const": "submission"}, "data": {"type": "string"}},
}


async def changes(service: Service, submission_id: uuid.UUID) -> AsyncIterator[Watched | None]:
    """How the submission stands, and again whenever that has changed; None now and then where nothing did.

    Ends when it is done, when it is gone, or after `LONGEST_SECONDS`.
    """
    ends = time.monotonic() + LONGEST_SECONDS
    said_at, said = time.monotonic(), None
    while True:
        now = await anyio.to_thread.run_sync(_look, service, submission_id)
        if now is None:
            return
        if now != said:
            yield now
            said_at, said = time.monotonic(), now
        elif time.monotonic() - said_at >= BEAT_SECONDS:
            yield None
            said_at = time.monotonic()
        if now.state not in UNDER_WAY or time.monotonic() >= ends:
            return
        await anyio.sleep(POLL_SECONDS)


def _look(service: Service, submission_id: uuid.UUID) -> Watched | None:
    with service.sessions() as session:
        try:
            found = shown(submission_by_id(session, submission_id))
        except NotFound:
            return None
    return Watched(state=found.state, progress=found.progress, score=found.score)


async def _lines(service: Service, submission_id: uuid.UUID) -> AsyncIterator[str]:
    yield "retry: 2000\n\n"
    async for change in changes(service, submission_id):
        yield f"event: submission\ndata: {change.model_dump_json()}\n\n" if change else ": still here\n\n"


@router.get(
    "/submissions/{submission_id}/events",
    summary="Follow a submission",
    response_class=Response,
    responses={
        200: {
            "description": "Events named `submission`, whose data is JSON with state, progress and score.",
            "content": {"text/event-stream": {"schema": EVENT}},
        },
        **problems(404),
    },
)
def follow_submission(
    request: Request, service: ServiceDep, session: SessionDep, reader: Reader, submission_id: uuid.UUID
) -> Response:
    """Server-sent events: how the submission stands now, then every change. The stream ends when it is done."""
    del request, reader
    submission_by_id(session, submission_id)
    return StreamingResponse(
        _lines(service, submission_id),
        media_type="text/event-stream",
        headers={"Cache-Control": "no-cache", "X-Accel-Buffering": "no"},
    )
