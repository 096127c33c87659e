"""What pages show of the versions of a take-home, and what an author may do with one."""

from __future__ import annotations

import difflib
import uuid
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

import procrastinate
from sqlalchemy import func, select
from sqlalchemy.orm import Session

from api.audit.log import Actor, record
from api.audit.reading import Wanted, listing
from api.audit.tables import Entry
from api.problems import Conflict, NotFound
from api.submissions.tables import Submission
from api.takehomes.publishing import WAIVED, defer_check, offer, waive_check
from api.takehomes.tables import USABLE, Check, RubricVersion, SuiteVersion, Takehome
from grader.publish import Remark

LONGEST_DIFF: Final = 2_000
"""Lines of a difference that are shown."""


@dataclass(frozen=True)
class CheckState:
    """How far the publish check of a version has come, and what it found."""

    check: Check
    remarks: tuple[Remark, ...] = ()
    step: str = ""
    done: int = 0
    of: int = 0
    our_failure: str = ""
    gave_up: bool = False

    @property
    def problems(self) -> int:
        """How many remarks are not fine."""
        return sum(not remark.fine for remark in self.remarks)

    @property
    def under_way(self) -> bool:
        """Whether it goes on without anybody doing anything."""
        return self.check in {Check.WAITING, Check.RUNNING} and not self.gave_up

    @property
    def may_be_repeated(self) -> bool:
        """Whether an author may ask for the check again."""
        return self.check is Check.FAILED or self.gave_up


def check_state(suite: SuiteVersion) -> CheckState:
    """Read the check of a version."""
    stored: Mapping[str, Any] = suite.check_result or {}
    return CheckState(
        check=Check(suite.check),
        remarks=tuple(Remark(one["fine"], one["text"]) for one in stored.get("remarks", ())),
        step=stored.get("step", ""),
        done=stored.get("done", 0),
        of=stored.get("of", 0),
        our_failure=stored.get("our_failure", ""),
        gave_up=stored.get("gave_up", False),
    )


@dataclass(frozen=True)
class SuiteLine:
    """A suite version in a list."""

    suite: SuiteVersion
    state: CheckState
    in_force: bool
    submissions: int
    """How many rest on it."""


def suites(session: Session, takehome: Takehome) -> list[SuiteLine]:
    """All suite versions, the newest first."""
    rows = session.execute(
        select(SuiteVersion, func.count(Submission.id))
        .outerjoin(Submission, Submission.suite_id == SuiteVersion.id)
        .where(SuiteVersion.takehome_id == takehome.id)
        .group_by(SuiteVersion.id)
        .order_by(SuiteVersion.number.desc())
    )
    return [
        SuiteLine(suite, check_state(suite), suite.id == takehome.suite_id, count) for suite, count in rows
    ]


def rubrics(session: Session, takehome: Takehome) -> Sequence[RubricVersion]:
    """All rubric versions, the newest first."""
    query = select(RubricVersion).where(RubricVersion.takehome_id == takehome.id)
    return session.scalars(query.order_by(RubricVersion.number.desc())).all()


def suite_numbered(session: Session, takehome: Takehome, number: int, *, lock: bool = False) -> SuiteVersion:
    """One suite version.

    Raises:
        NotFound: there is none with this number.
    """
    query = select(SuiteVersion).where(SuiteVersion.takehome_id == takehome.id, SuiteVersion.number == number)
    found = session.scalar(query.with_for_update() if lock else query)
    if found is None:
        raise NotFound(f"There is no suite version {number}.")
    return found


def rubric_numbered(session: Session, takehome: Takehome, number: int | None) -> RubricVersion:
    """One rubric version; without a number the one in force.

    Raises:
        NotFound: there is none with this number.
    """
    if number is None:
        return session.get_one(RubricVersion, takehome.rubric_id)
    found = session.scalar(
        select(RubricVersion).where(RubricVersion.takehome_id == takehome.id, RubricVersion.number == number)
    )
    if found is None:
        raise NotFound(f"There is no rubric version {number}.")
    return found


def brief_of(session: Session, takehome: Takehome) -> str:
    """The brief of the suite version in force; where there is none, of the newest."""
    if takehome.suite_id is not None:
        return session.get_one(SuiteVersion, takehome.suite_id).brief
    query = select(SuiteVersion.brief).where(SuiteVersion.takehome_id == takehome.id)
    return session.scalar(query.order_by(SuiteVersion.number.desc()).limit(1)) or ""


def waiver(session: Session, suite: SuiteVersion) -> Entry | None:
    """Who said that a version need not be checked, and why, as the audit log has it; None where its check counts."""
    if suite.check != Check.WAIVED.value:
        return None
    wanted = Wanted(subject_kind="takehome", subject_id=str(suite.takehome_id), action=WAIVED)
    said = listing(session, wanted).entries
    return next((one for one in said if one.details.get("digest") == suite.digest), None)


# -- what an author may do ----------------------------------------------------------------------------


def waive(
    session: Session,
    queue: procrastinate.App,
    takehome: Takehome,
    number: int,
    reason: str,
    by: Actor,
    now: datetime,
) -> None:
    """Let a version be used whatever its check says; it comes into force or is proposed as a change.

    Raises:
        Conflict: it may be used already.
        Invalid: no reason is given.
    """
    suite = suite_numbered(session, takehome, number, lock=True)
    if suite.check in USABLE:
        raise Conflict(f"Suite version {number} may be used already.")
    rubric = _published_with(session, takehome, suite)
    waive_check(session, suite, reason, by, now)
    session.flush()
    offer(session, queue, takehome, suite, rubric, by, now)


def check_again(
    session: Session, queue: procrastinate.App, takehome: Takehome, number: int, by: Actor, now: datetime
) -> None:
    """Queue the check of a version once more.

    Raises:
        Conflict: it is under way, or has passed.
    """
    suite = suite_numbered(session, takehome, number, lock=True)
    if not check_state(suite).may_be_repeated:
        raise Conflict(f"The check of suite version {number} is {suite.check}: it need not run again.")
    defer_check(session, queue, suite, _published_with(session, takehome, suite))
    record(session, by, "suite.check_again", ("takehome", takehome.id), now, number=number)


def _published_with(session: Session, takehome: Takehome, suite: SuiteVersion) -> RubricVersion:
    """The rubric that the version was last checked with; the newest where that is not known."""
    noted = (suite.check_result or {}).get("rubric")
    if noted is not None:
        return session.get_one(RubricVersion, uuid.UUID(str(noted)))
    return rubrics(session, takehome)[0]


# -- differences --------------------------------------------------------------------------------------


@dataclass(frozen=True)
class DiffLine:
    """A line of a difference: `sign` is "+", "-", "@" (a heading of where) or " "."""

    sign: str
    text: str


@dataclass(frozen=True)
class Difference:
    """Two rubric versions compared."""

    old: RubricVersion
    new: RubricVersion
    lines: tuple[DiffLine, ...]
    left_out: int


def difference(session: Session, takehome: Takehome, old: int, new: int) -> Difference:
    """What changed from one rubric version to another.

    Raises:
        NotFound: there is no such version.
    """
    first, second = rubric_numbered(session, takehome, old), rubric_numbered(session, takehome, new)
    compared = difflib.unified_diff(first.text.splitlines(), second.text.splitlines(), n=3, lineterm="")
    found = [
        DiffLine(
            "@" if line.startswith("@@") else line[:1] or " ", line if line.startswith("@@") else line[1:]
        )
        for index, line in enumerate(compared)
        if index >= 2  # the two lines with file names
    ]
    return Difference(first, second, tuple(found[:LONGEST_DIFF]), max(0, len(found) - LONGEST_DIFF))
