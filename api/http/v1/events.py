"""The stream of what happens to a submission, as server-sent events."""

from __future__ import annotations

import uuid
from collections.abc import AsyncGenerator, AsyncIterator
from contextlib import aclosing
from typing import Annotated, Final

from fastapi import APIRouter, Depends, Request
from fastapi.concurrency import run_in_threadpool
from fastapi.sse import EventSourceResponse, ServerSentEvent

from api.http.access import ServiceDep, SessionDep
from api.http.live import watch_submission
from api.http.v1.answers import problems
from api.http.v1.submission_shapes import Watched, shown
from api.http.v1.submissions import Reader
from api.service import Service
from api.submissions.finding import submission_by_id
from api.submissions.watching import Standing

router = APIRouter(tags=["Submissions"])

LONGEST_SECONDS: Final = 300.0
"""A stream ends after this long; the client's EventSource opens another."""

EVENT: Final = {
    "type": "object",
    "properties": {"event": {"const": "submission"}, "data": {"type": "string"}},
}


def _moments(
    request: Request, session: SessionDep, reader: Reader, submission_id: uuid.UUID
) -> AsyncGenerator[Standing, None]:
    """When to look. A dependency, so that errors are answers: a stream has begun with 200."""
    del reader
    submission_by_id(session, submission_id)
    return watch_submission(request, submission_id, LONGEST_SECONDS)


@router.get(
    "/submissions/{submission_id}/events",
    summary="Follow a submission",
    response_class=EventSourceResponse,
    responses={
        200: {
            "description": "Events named `submission`, whose data is JSON with state, progress and score.",
            "content": {"text/event-stream": {"itemSchema": EVENT}},
        },
        **problems(404, 503),
    },
)
async def follow_submission(
    service: ServiceDep,
    submission_id: uuid.UUID,
    moments: Annotated[AsyncGenerator[Standing, None], Depends(_moments)],
) -> AsyncIterator[ServerSentEvent]:
    """Server-sent events: how the submission stands now, then every change. The stream ends when it is done."""
    said = None
    async with aclosing(moments):
        async for _ in moments:
            now = await run_in_threadpool(_look, service, submission_id)
            if now != said:
                yield ServerSentEvent(data=now, event="submission")
                said = now


def _look(service: Service, submission_id: uuid.UUID) -> Watched:
    with service.sessions() as session:
        found = shown(submission_by_id(session, submission_id))
    return Watched(state=found.state, progress=found.progress, score=found.score)
