"""Publishing: a folder becomes an immutable suite version and a rubric version."""

from __future__ import annotations

import hashlib
import tempfile
from collections.abc import Mapping, Sequence
from datetime import datetime
from pathlib import Path
from typing import Final

import procrastinate
from sqlalchemy import func, select
from sqlalchemy.orm import Session

from api.audit.log import Actor, record
from api.blobs import Blobs, put_content
from api.database.base import new_id
from api.problems import Invalid
from api.queue import CHECK, GRADING_QUEUE, defer
from api.reviews.changes import propose
from api.reviews.tables import Change
from api.submissions.content import keep_content
from api.takehomes.packing import pack, suite_digest, write
from api.takehomes.tables import USABLE, Check, RubricVersion, SuiteVersion
from api.takehomes.tables import Takehome as Row
from grader.library import built_in
from grader.rubric import parse, self_contained
from grader.takehome import RUBRIC_FILE, BadTakehome, Takehome, TakehomeError, load
from grader.yaml_source import SourceError

WAIVED: Final = "suite.check_waived"
"""The action in the audit log."""


class BadUpload(Invalid):
    """What was uploaded is no usable take-home. `problems`: one line for each, with file and line where known."""

    title = "Not a usable take-home"

    def __init__(self, problems: Sequence[str]) -> None:
        super().__init__("\n".join(problems), errors={"archive": "not a usable take-home"})
        self.problems = tuple(problems)


def publish(
    session: Session,
    blobs: Blobs,
    files: Mapping[str, bytes],
    by: Actor,
    now: datetime,
    *,
    queue: procrastinate.App,
    waive: str = "",
) -> tuple[Row, SuiteVersion, RubricVersion]:
    """Publish the take-home that `files` holds. Publishing the same files again changes nothing.

    A new suite version waits for its check, which is queued (again, where it failed before: the rubric may be
    mended); `waive` says why it need not be checked. Once it may be used, it comes into force at once where nothing
    was graded, as does a rubric; else a change is proposed, which is tried and then applied (`api.reviews.changes`).

    Raises:
        BadUpload: the files are no usable take-home; it lists every problem.
    """
    takehome = checked(files)
    row = session.scalar(select(Row).where(Row.name == takehome.name).with_for_update())
    if row is None:
        row = Row(id=new_id(), name=takehome.name, title=takehome.spec.title, created_at=now)
        session.add(row)
        session.flush()
    row.title = takehome.spec.title
    suite, made = _suite(session, blobs, row, takehome, files, by, now)
    rubric = add_rubric(session, row, takehome.rubric_yaml, by, now, note="published with the take-home")
    if row.rubric_id is None:
        row.rubric_id = rubric.id
    session.flush()
    if waive and suite.check not in USABLE:
        waive_check(session, suite, waive, by, now)
    elif made or suite.check == Check.FAILED:
        defer_check(session, queue, suite, rubric)
    if suite.check in USABLE:
        offer(session, queue, row, suite, rubric, by, now)
    elif row.suite_id is not None and not made:
        offer(session, queue, row, None, rubric, by, now)
    return row, suite, rubric


def offer(
    session: Session,
    queue: procrastinate.App,
    row: Row,
    suite: SuiteVersion | None,
    rubric: RubricVersion,
    by: Actor,
    now: datetime,
) -> Change | None:
    """Bring what is not in force yet into force where nothing was graded, else propose the change.

    None: there is nothing to decide.
    """
    new_suite = suite if suite is not None and suite.id != row.suite_id else None
    new_rubric = rubric if rubric.id != row.rubric_id else None
    if new_suite is None and new_rubric is None:
        return None
    return propose(session, queue, row, by, now, rubric=new_rubric, suite=new_suite)


def waive_check(session: Session, suite: SuiteVersion, reason: str, by: Actor, now: datetime) -> None:
    """Let a suite version be used without its check.

    Raises:
        Invalid: no reason is given.
    """
    if not reason.strip():
        raise Invalid("Say why the check need not pass.", errors={"reason": "is missing"})
    suite.check = Check.WAIVED.value
    subject = ("takehome", suite.takehome_id)
    record(session, by, WAIVED, subject, now, digest=suite.digest, reason=reason.strip()[:2000])


def defer_check(
    session: Session, queue: procrastinate.App, suite: SuiteVersion, rubric: RubricVersion
) -> None:
    """Queue the publish check of a suite version, with the rubric that it was published with."""
    suite.check = Check.WAITING.value
    suite.check_result = {"rubric": str(rubric.id), "tries": 0}
    defer(
        session,
        queue,
        CHECK,
        GRADING_QUEUE,
        lock=f"check:{suite.id}",
        suite_id=str(suite.id),
        rubric_id=str(rubric.id),
    )


def checked(files: Mapping[str, bytes]) -> Takehome:
    """The take-home that `files` holds.

    Raises:
        BadUpload: it is not usable.
    """
    problems: list[str] = []
    takehome = None
    with tempfile.TemporaryDirectory(prefix="takehome-") as name:
        folder = Path(name) / "takehome"
        try:
            folder.mkdir()
            write(files, folder)
            takehome = load(folder)
        except BadTakehome as bad:
            problems += bad.problems
        except (TakehomeError, OSError) as error:
            problems.append(str(error))
        problems = [line.replace(f"{folder}/", "").replace(str(folder), "The archive") for line in problems]
    text = files.get(RUBRIC_FILE, b"").decode("utf-8", "replace")
    if text.strip():
        try:
            complete(text)
        except SourceError as error:
            problems += str(error).splitlines()
    if problems or takehome is None:
        raise BadUpload(problems)
    return takehome


def _suite(
    session: Session,
    blobs: Blobs,
    row: Row,
    takehome: Takehome,
    files: Mapping[str, bytes],
    by: Actor,
    now: datetime,
) -> tuple[SuiteVersion, bool]:
    """The version with these files, and whether it was made just now."""
    digest = suite_digest(files)
    suite = session.scalar(
        select(SuiteVersion).where(SuiteVersion.takehome_id == row.id, SuiteVersion.digest == digest)
    )
    made = suite is None
    if suite is None:
        archive = pack(files)
        keep_content(session, hashlib.sha256(archive).hexdigest())
        suite = SuiteVersion(
            id=new_id(),
            takehome_id=row.id,
            number=_next(session, SuiteVersion, row),
            digest=digest,
            blob=put_content(blobs, archive),
            environment=takehome.spec.environment,
            brief=takehome.brief,
            published_by=by.name,
            published_at=now,
            check=Check.WAITING.value,
        )
        session.add(suite)
        session.flush()
        record(session, by, "suite.published", ("takehome", row.id), now, digest=digest, number=suite.number)
    return suite, made


def complete(text: str) -> str:
    """The text of a rubric as it is stored: what it uses of the library is written out, so that no release changes it.

    Raises:
        SourceError: it is no rubric; it lists every problem with its line.
    """
    parse(text, RUBRIC_FILE, built_in())  # first, since problems are told with the author's lines
    return self_contained(text, RUBRIC_FILE, built_in())


def add_rubric(
    session: Session, row: Row, text: str, by: Actor, now: datetime, *, note: str
) -> RubricVersion:
    """Add a version of the rubric; the same text again is the version that is there. It is not yet in force.

    Raises:
        Invalid: it is no rubric; the message lists every problem with its line.
    """
    try:
        text = complete(text)
    except SourceError as error:
        raise Invalid(str(error), errors={"rubric": "see the message"}) from error
    digest = hashlib.sha256(text.encode()).hexdigest()
    rubric = session.scalar(
        select(RubricVersion).where(RubricVersion.takehome_id == row.id, RubricVersion.digest == digest)
    )
    if rubric is None:
        rubric = RubricVersion(
            id=new_id(),
            takehome_id=row.id,
            number=_next(session, RubricVersion, row),
            digest=digest,
            text=text,
            note=note,
            made_by=by.name,
            made_at=now,
        )
        session.add(rubric)
        session.flush()
        record(session, by, "rubric.added", ("takehome", row.id), now, digest=digest, number=rubric.number)
    return rubric


def _next(session: Session, table: type[SuiteVersion | RubricVersion], row: Row) -> int:
    last = session.scalar(select(func.max(table.number)).where(table.takehome_id == row.id))
    return (last or 0) + 1
