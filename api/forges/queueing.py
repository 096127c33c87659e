"""The jobs of forges by name, deferred in the transaction of what they are about."""

from __future__ import annotations

import uuid
from typing import Final

import procrastinate
from sqlalchemy.orm import Session

from api.queue import OFFICE_QUEUE, defer, defer_once

FETCH_COMMIT: Final = "fetch_commit"
ANSWER_FORGES: Final = "answer_forges"


def defer_fetch(
    session: Session, queue: procrastinate.App, connection_id: uuid.UUID, commit_id: uuid.UUID
) -> None:
    """Have a commit fetched. One of a connection at a time: a slow forge keeps no other work waiting."""
    defer(session, queue, FETCH_COMMIT, OFFICE_QUEUE, lock=f"forge:{connection_id}", commit_id=str(commit_id))


def defer_answers(session: Session) -> None:
    """Have forges told once the transaction is committed. For speed alone: the clock asks every ten seconds too."""
    defer_once(session, ANSWER_FORGES)
