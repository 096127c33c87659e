"""Finding take-homes, their versions and their rubrics."""

from __future__ import annotations

from collections.abc import Sequence

from sqlalchemy import select
from sqlalchemy.orm import Session, joinedload

from api.problems import Invalid, NotFound
from api.takehomes.tables import RubricVersion, SuiteVersion, Takehome
from grader.rubric import parse


def takehome_by_name(session: Session, name: str) -> Takehome:
    """The take-home, with the versions in force.

    Raises:
        NotFound: there is none.
    """
    query = (
        select(Takehome)
        .where(Takehome.name == name.replace("\0", ""))
        .options(joinedload(Takehome.suite), joinedload(Takehome.rubric))
    )
    takehome = session.scalar(query)
    if takehome is None or takehome.name != name:
        raise NotFound("There is no such take-home.")
    return takehome


def all_takehomes(session: Session) -> Sequence[Takehome]:
    """All take-homes, by name, with the versions in force. A company has dozens, not thousands."""
    query = (
        select(Takehome)
        .options(joinedload(Takehome.suite), joinedload(Takehome.rubric))
        .order_by(Takehome.name)
    )
    return session.scalars(query).all()


def suites_of(session: Session, takehome: Takehome) -> Sequence[SuiteVersion]:
    """The published versions, the newest first."""
    query = select(SuiteVersion).where(SuiteVersion.takehome_id == takehome.id)
    return session.scalars(query.order_by(SuiteVersion.number.desc())).all()


def rubrics_of(session: Session, takehome: Takehome) -> Sequence[RubricVersion]:
    """The states of the rubric, the newest first."""
    query = select(RubricVersion).where(RubricVersion.takehome_id == takehome.id)
    return session.scalars(query.order_by(RubricVersion.number.desc())).all()


def rubric_by_number(session: Session, takehome: Takehome, number: int) -> RubricVersion:
    """One state of the rubric.

    Raises:
        NotFound: there is none with this number.
    """
    rubric = session.scalar(
        select(RubricVersion).where(RubricVersion.takehome_id == takehome.id, RubricVersion.number == number)
    )
    if rubric is None:
        raise NotFound("There is no rubric version of this number.")
    return rubric


def check_level(takehome: Takehome, level: str | None) -> None:
    """Make sure that the rubric in force has the seniority level; `takehome.rubric` must be loaded.

    Raises:
        Invalid: it has not. A submission with an unknown level could never be scored.
    """
    if level is None:
        return
    levels = parse(takehome.rubric.text, "rubric.yaml").levels if takehome.rubric is not None else {}
    if level not in levels:
        known = ", ".join(sorted(levels)) or "none"
        message = f"the rubric has no such level; it has: {known}"
        raise Invalid("The level is not known.", errors={"level": message})
