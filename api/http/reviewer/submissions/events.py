"""How far a grading has come, told to the pages of reviewers as it goes on."""

from __future__ import annotations

from collections.abc import AsyncGenerator, AsyncIterator
from contextlib import aclosing
from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Depends, Request
from fastapi.sse import EventSourceResponse, ServerSentEvent

from api.http.access import Reviewer, SessionDep
from api.http.live import watch_submission
from api.http.reviewer.wording import STATES, progress_words
from api.submissions.finding import submission_by_id
from api.submissions.watching import Standing

router = APIRouter()


def _watched(
    request: Request, session: SessionDep, user: Reviewer, submission_id: UUID
) -> AsyncGenerator[Standing, None]:
    """What the stream reads. A dependency, so that errors are answers: a stream has begun with 200."""
    del user
    submission_by_id(session, submission_id)
    return watch_submission(request, submission_id)


@router.get("/submissions/{submission_id}/events", response_class=EventSourceResponse)
async def submission_events(
    watched: Annotated[AsyncGenerator[Standing, None], Depends(_watched)],
) -> AsyncIterator[ServerSentEvent]:
    """Where the grading stands, at each change, in the form that progress.js reads; the last event is `done`."""
    async with aclosing(watched) as moments:
        async for at in moments:
            told = {
                "state": at.state.value,
                "title": STATES[at.state].text.capitalize(),
                "text": progress_words(at),
            }
            yield ServerSentEvent(data=told, event="done" if at.final else "progress", retry=5000)
