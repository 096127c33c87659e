"""Comments on a submission, its files and lines: private to reviewers, or released to the candidate."""

from __future__ import annotations

import uuid
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Final

from sqlalchemy import select
from sqlalchemy.orm import Session, joinedload

from api.accounts.tables import Role, User
from api.audit.log import Actor, record
from api.problems import Conflict, Forbidden, Invalid, NotFound
from api.reviews.tables import Comment
from api.submissions.states import State
from api.submissions.tables import Submission
from grader.formats.html.highlight import decode, split_lines

LONGEST: Final = 10_000
MOST: Final = 1_000
"""Of one submission."""


@dataclass(frozen=True)
class Remark:
    """A comment as it was typed."""

    key: uuid.UUID
    """Made with the form, and the comment's id: the same form sent twice is one comment."""
    text: str
    path: str | None = None
    line: int | None = None
    released: bool = False


def comment(
    session: Session,
    submission: Submission,
    remark: Remark,
    files: Mapping[str, bytes],
    by: User,
    actor: Actor,
    now: datetime,
) -> Comment:
    """Add a comment. `files` are those of the submission, to check that path and line are there.

    Raises:
        Invalid: the text is missing or too long, or there is no such file or line.
        Conflict: the data of the submission is gone, or it has too many comments.
    """
    before = session.get(Comment, remark.key)
    if before is not None:
        if (before.submission_id, before.by_id) != (submission.id, by.id):
            raise Conflict("This form was used before. Reload the page and write the comment again.")
        return before
    _check(session, submission, remark, files)
    row = Comment(
        id=remark.key,
        submission_id=submission.id,
        path=remark.path,
        line=remark.line,
        text=remark.text.strip().replace("\r\n", "\n").replace("\0", ""),
        released=remark.released,
        by_id=by.id,
        at=now,
    )
    session.add(row)
    session.flush()
    record(
        session,
        actor,
        "comment.made",
        ("submission", submission.id),
        now,
        comment=str(row.id),
        path=row.path,
        line=row.line,
        released=row.released,
    )
    return row


def withdraw_comment(
    session: Session, submission_id: uuid.UUID, comment_id: uuid.UUID, by: User, actor: Actor, now: datetime
) -> Comment:
    """Take a comment back: nobody is shown it any more, the candidate neither. Twice is once.

    Raises:
        NotFound: there is no such comment of this submission.
        Forbidden: it is somebody else's, and `by` is no administrator.
    """
    row = session.get(Comment, comment_id, with_for_update=True)
    if row is None or row.submission_id != submission_id:
        raise NotFound("There is no such comment on this submission.")
    if row.by_id != by.id and not Role(by.role).covers(Role.ADMIN):
        raise Forbidden("Only whoever wrote a comment, or an administrator, can withdraw it.")
    if row.withdrawn_at is None:
        row.withdrawn_at = now
        record(session, actor, "comment.withdrawn", ("submission", submission_id), now, comment=str(row.id))
    return row


def comments_of(session: Session, submission_id: uuid.UUID) -> Sequence[Comment]:
    """The comments that were not withdrawn, with who wrote them: by file and line, those on the whole first."""
    return session.scalars(
        select(Comment)
        .where(Comment.submission_id == submission_id, Comment.withdrawn_at.is_(None))
        .options(joinedload(Comment.by))
        .order_by(Comment.path.asc().nulls_first(), Comment.line.asc().nulls_first(), Comment.at, Comment.id)
    ).all()


def _check(session: Session, submission: Submission, remark: Remark, files: Mapping[str, bytes]) -> None:
    if submission.state == State.DELETED:
        raise Conflict("The data of this submission was deleted: nothing can be added.")
    if not remark.text.strip():
        raise Invalid("The comment is empty.", errors={"text": "missing"})
    if len(remark.text) > LONGEST:
        raise Invalid(
            f"The comment is too long: at most {LONGEST:,} characters.", errors={"text": "too long"}
        )
    if remark.path is None:
        if remark.line is not None:
            raise Invalid("A line needs its file.", errors={"line": "without a file"})
    elif remark.path not in files:
        raise Invalid("The submission has no such file.", errors={"file": "not in the submission"})
    elif remark.line is not None:
        count = len(split_lines(decode(files[remark.path])[0]))
        if not 1 <= remark.line <= max(count, 1):
            raise Invalid(f"The file has lines 1 to {max(count, 1):,}.", errors={"line": "not in the file"})
    if len(comments_of(session, submission.id)) >= MOST:
        raise Conflict(f"A submission can have {MOST:,} comments. Withdraw some.")
