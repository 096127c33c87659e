"""Looking take-homes up: by name, with their versions, and the rubric in force."""

from __future__ import annotations

import uuid
from dataclasses import dataclass

from sqlalchemy import select
from sqlalchemy.orm import Session, joinedload

from api.problems import NotFound
from api.submissions.evidence import rubric_of
from api.takehomes.tables import RubricVersion, SuiteVersion, Takehome
from grader.rubric import Rubric


@dataclass(frozen=True)
class Versions:
    """All versions of a take-home, newest first."""

    suites: list[SuiteVersion]
    rubrics: list[RubricVersion]


def takehomes(session: Session, *, archived: bool = True) -> list[Takehome]:
    """All take-homes by title, with what is in force of each."""
    query = (
        select(Takehome)
        .options(joinedload(Takehome.suite), joinedload(Takehome.rubric))
        .order_by(Takehome.archived_at.is_not(None), Takehome.title)
    )
    if not archived:
        query = query.where(Takehome.archived_at.is_(None))
    return list(session.scalars(query))


def by_name(session: Session, name: str, *, lock: bool = False) -> Takehome:
    """One take-home, with what is in force of it.

    Raises:
        NotFound: there is none of this name.
    """
    query = (
        select(Takehome)
        .where(Takehome.name == name)
        .options(joinedload(Takehome.suite), joinedload(Takehome.rubric))
    )
    found = session.scalar(query.with_for_update(of=Takehome) if lock else query)
    if found is None:
        raise NotFound(f"There is no take-home {name!r}.")
    return found


def versions(session: Session, takehome: Takehome) -> Versions:
    """Every version that was published."""
    suites = select(SuiteVersion).where(SuiteVersion.takehome_id == takehome.id)
    rubrics = select(RubricVersion).where(RubricVersion.takehome_id == takehome.id)
    return Versions(
        list(session.scalars(suites.order_by(SuiteVersion.number.desc()))),
        list(session.scalars(rubrics.order_by(RubricVersion.number.desc()))),
    )


def rubric_in_force(session: Session, rubric_id: uuid.UUID) -> Rubric:
    """The rubric of a version that was checked when it was stored."""
    return rubric_of(session.get_one(RubricVersion, rubric_id).text)


def levels(session: Session, takehome: Takehome) -> list[str]:
    """Seniority levels that the rubric in force knows."""
    return sorted(rubric_in_force(session, takehome.rubric_id).levels) if takehome.rubric_id else []


def bands(session: Session) -> list[str]:
    """Titles of the bands of all rubrics in force, each once."""
    found: dict[str, None] = {}
    for takehome in takehomes(session):
        if takehome.rubric is not None:
            rubric = rubric_of(takehome.rubric.text)
            for listed in (rubric.bands, *(level.bands or () for level in rubric.levels.values())):
                found.update(dict.fromkeys(str(band.title) for band in listed))
    return list(found)
