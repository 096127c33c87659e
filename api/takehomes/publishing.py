"""Publishing: a folder becomes an immutable suite version and a rubric version."""

from __future__ import annotations

import hashlib
import tempfile
from collections.abc import Mapping
from datetime import datetime
from pathlib import Path

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from api.audit.log import Actor, record
from api.blobs import Blobs, put_content
from api.database.base import new_id
from api.problems import Invalid
from api.submissions.content import keep_content
from api.takehomes.packing import pack, suite_digest, write
from api.takehomes.tables import USABLE, Check, RubricVersion, SuiteVersion
from api.takehomes.tables import Takehome as Row
from grader.rubric import parse
from grader.takehome import Takehome, TakehomeError, load
from grader.yaml_source import SourceError


def publish(
    session: Session,
    blobs: Blobs,
    files: Mapping[str, bytes],
    by: Actor,
    now: datetime,
    *,
    waive: str = "",
) -> tuple[Row, SuiteVersion, RubricVersion]:
    """Publish the take-home that `files` holds. Publishing the same files again changes nothing.

    A new suite version waits for its check, and comes into force when that has passed; `waive` says why it need not
    be checked. A rubric comes into force at once where nothing was graded with another one; else a change of it has
    to be tried first (see `api.reviews`).

    Raises:
        Invalid: the files are no usable take-home; the message lists every problem.
    """
    takehome = checked(files)
    row = session.scalar(select(Row).where(Row.name == takehome.name).with_for_update())
    if row is None:
        row = Row(id=new_id(), name=takehome.name, title=takehome.spec.title, created_at=now)
        session.add(row)
        session.flush()
    row.title = takehome.spec.title
    suite = _suite(session, blobs, row, takehome, files, by, now, waive)
    rubric = add_rubric(session, row, takehome.rubric_yaml, by, now, note="published with the take-home")
    if row.rubric_id is None:
        row.rubric_id = rubric.id
    return row, suite, rubric


def checked(files: Mapping[str, bytes]) -> Takehome:
    """The take-home that `files` holds.

    Raises:
        Invalid: it is not usable.
    """
    with tempfile.TemporaryDirectory(prefix="takehome-") as name:
        folder = Path(name) / "takehome"
        try:
            folder.mkdir()
            write(files, folder)
            takehome = load(folder)
            parse(takehome.rubric_yaml, "rubric.yaml")
        except (TakehomeError, SourceError, OSError) as error:
            message = str(error).replace(f"{folder}/", "").replace(str(folder), "The archive")
            raise Invalid(message, errors={"archive": "not a usable take-home"}) from error
    return takehome


def _suite(
    session: Session,
    blobs: Blobs,
    row: Row,
    takehome: Takehome,
    files: Mapping[str, bytes],
    by: Actor,
    now: datetime,
    waive: str,
) -> SuiteVersion:
    digest = suite_digest(files)
    suite = session.scalar(
        select(SuiteVersion).where(SuiteVersion.takehome_id == row.id, SuiteVersion.digest == digest)
    )
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
    if waive and suite.check not in USABLE:
        suite.check = Check.WAIVED.value
        record(session, by, "suite.check_waived", ("takehome", row.id), now, digest=digest, reason=waive)
    if suite.check in USABLE and row.suite_id is None:
        row.suite_id = suite.id
    return suite


def add_rubric(
    session: Session, row: Row, text: str, by: Actor, now: datetime, *, note: str
) -> RubricVersion:
    """Add a version of the rubric; the same text again is the version that is there. It is not yet in force.

    Raises:
        Invalid: it is no rubric; the message lists every problem with its line.
    """
    try:
        parse(text, "rubric.yaml")
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
