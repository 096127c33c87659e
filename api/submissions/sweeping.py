"""Removing bytes that nothing names any more, without ever taking those of an upload that is being accepted."""

from __future__ import annotations

import re
import uuid
from collections.abc import Iterator, Sequence
from datetime import UTC, datetime, timedelta
from itertools import islice
from typing import Final

import structlog
from sqlalchemy import select
from sqlalchemy.orm import Session

from api.service import Service
from api.submissions.content import drop_content
from api.submissions.states import State
from api.submissions.tables import Submission, Upload
from api.takehomes.tables import SuiteVersion

log = structlog.get_logger()

YOUNG: Final = timedelta(days=1)
"""Bytes are stored before the transaction that names them is committed: what is younger is left alone."""
BATCH: Final = 500
_CONTENT: Final = re.compile(r"[0-9a-f]{64}")
_CHUNK: Final = re.compile(r"uploads/([0-9a-f-]{36})/\d+")


def sweep(service: Service, now: datetime | None = None) -> int:
    """Remove what nothing names and what is older than a day by the store's clock; returns how many.

    Age alone would not do: old bytes that nobody names can be uploaded again at this very moment. `drop_content` takes
    the lock that an upload of the same bytes holds from before it stores them until it is committed, and then looks
    again. Names that we do not make are somebody else's, and stay.

    Raises:
        BlobsUnavailable: the store does not answer.
    """
    before = (now or datetime.now(UTC)) - YOUNG
    removed = service.blobs.remove_partial(before)
    for names in _batches(service.blobs.names()):
        with service.sessions() as session:
            content, chunks = _unnamed(session, names)
        for name in content:
            if _is_old(service, name, before):
                with service.sessions.begin() as session:
                    removed += len(drop_content(session, service.blobs, [name]))
        for name in chunks:
            if _is_old(service, name, before):
                service.blobs.delete(name)
                removed += 1
    if removed:
        log.info("bytes removed that nothing named", count=removed)
    return removed


def _batches(names: Iterator[str]) -> Iterator[list[str]]:
    while batch := list(islice(names, BATCH)):
        yield batch


def _is_old(service: Service, name: str, before: datetime) -> bool:
    stored = service.blobs.stored_at(name)
    return stored is not None and stored < before


def _unnamed(session: Session, names: Sequence[str]) -> tuple[list[str], list[str]]:
    """Which of `names` no row names: contents, and chunks of resumable uploads (whose ids are never used again)."""
    contents = [name for name in names if _CONTENT.fullmatch(name)]
    used = set(
        session.scalars(
            select(Submission.blob).where(Submission.blob.in_(contents), Submission.state != State.DELETED)
        )
    ) | set(session.scalars(select(SuiteVersion.blob).where(SuiteVersion.blob.in_(contents))))
    chunks = {name: uuid.UUID(found[1]) for name in names if (found := _CHUNK.fullmatch(name))}
    known = set(session.scalars(select(Upload.id).where(Upload.id.in_(set(chunks.values())))))
    return (
        [name for name in contents if name not in used],
        [name for name, upload in chunks.items() if upload not in known],
    )
