"""The bytes of uploads, which several submissions may share: stored once, removed when nobody uses them any more."""

from __future__ import annotations

from collections.abc import Iterable

from sqlalchemy import select, text
from sqlalchemy.orm import Session

from api.blobs import Blobs
from api.submissions.states import State
from api.submissions.tables import Submission
from api.takehomes.tables import SuiteVersion


def keep_content(session: Session, digest: str) -> None:
    """Until the transaction ends, `drop_content` waits with `digest`: bytes just stored again are not taken away."""
    session.execute(
        text("SELECT pg_advisory_xact_lock_shared(hashtextextended(:digest, 0))"), {"digest": digest}
    )


def drop_content(session: Session, blobs: Blobs, digests: Iterable[str]) -> list[str]:
    """Remove from the store whatever of `digests` no submission uses, but for those whose data was deleted.

    Call it last in a transaction, after a flush: what is removed does not come back with a rollback. Repeating it
    does no harm. Returns what was removed.

    Raises:
        BlobsUnavailable: the store does not answer.
    """
    removed = []
    for digest in sorted(set(digests)):  # in order, so that two callers do not wait for each other
        session.execute(
            text("SELECT pg_advisory_xact_lock(hashtextextended(:digest, 0))"), {"digest": digest}
        )
        used = session.scalar(
            select(Submission.id).where(Submission.blob == digest, Submission.state != State.DELETED).limit(1)
        )
        published = session.scalar(select(SuiteVersion.id).where(SuiteVersion.blob == digest).limit(1))
        if used is None and published is None:
            blobs.delete(digest)
            removed.append(digest)
    return removed
