"""Taking a delivery that was signed rightly: noted once, and with it the job for a commit that counts."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

import procrastinate
from sqlalchemy import or_, select
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import Session, joinedload

from api.audit.log import Actor
from api.database.base import new_id
from api.forges.interface import Ignored, Ping, Place, Reading, Rerun, Wanted
from api.forges.queueing import defer_answers, defer_fetch
from api.forges.tables import (
    CommitState,
    ForgeCommit,
    ForgeConnection,
    ForgeDelivery,
    ForgeRepository,
    Result,
)
from api.invitations.tables import Invitation
from api.problems import Conflict, Gone, TooMany
from api.submissions.receiving import check_attempts, check_open, grade_again
from api.submissions.tables import Submission
from api.throttle import count, refuse_beyond

HOUR: Final = timedelta(hours=1)
RERUNS: Final = 10
"""Of one repository in an hour."""
UNKNOWN: Final = "No invitation has this repository."


@dataclass(frozen=True)
class Facts:
    """A delivery, as it came."""

    delivery_id: str
    digest: str
    event: str


@dataclass(frozen=True)
class Taken:
    """What became of a delivery."""

    result: Result
    reason: str = ""
    commit: str = ""
    duplicate: bool = False


def take_delivery(
    session: Session,
    queue: procrastinate.App,
    connection: ForgeConnection,
    facts: Facts,
    reading: Reading,
    now: datetime,
) -> Taken:
    """Note a delivery, and do what it asks for. The same one again changes nothing.

    Of two at once with the same id the second waits for the first: a unique constraint decides.
    """
    named = facts.delivery_id or f"sha256:{facts.digest}"
    delivery = session.scalar(
        insert(ForgeDelivery)
        .values(
            id=new_id(),
            connection_id=connection.id,
            delivery_id=named[:200].replace("\0", ""),
            digest=facts.digest,
            event=facts.event[:80].replace("\0", ""),
            result=Result.IGNORED.value,
            received_at=now,
        )
        .on_conflict_do_nothing(constraint="forge_deliveries_connection_id_delivery_id_key")
        .returning(ForgeDelivery)
    )
    if delivery is None:
        return Taken(Result.IGNORED, "This delivery came before.", duplicate=True)
    taken = _taken(session, queue, connection, delivery, reading, now)
    place = None if isinstance(reading, Ping) else reading.place
    delivery.repository = place.name if place else ""
    delivery.commit, delivery.result, delivery.reason = taken.commit, taken.result.value, taken.reason[:400]
    return taken


def _taken(
    session: Session,
    queue: procrastinate.App,
    connection: ForgeConnection,
    delivery: ForgeDelivery,
    reading: Reading,
    now: datetime,
) -> Taken:
    match reading:
        case Ping():
            return Taken(Result.PONG)
        case Ignored(reason):
            return Taken(Result.IGNORED, reason)
    if _came_before(session, delivery):
        return Taken(Result.IGNORED, "The same body came before, under another id.")
    repository = _repository(session, connection, reading.place)
    if repository is None:
        return Taken(Result.IGNORED, UNKNOWN, reading.commit)
    if isinstance(reading, Rerun):
        return _run_again(session, queue, repository, reading, now)
    return _want(session, queue, connection, repository, reading, now)


def _came_before(session: Session, delivery: ForgeDelivery) -> bool:
    query = select(ForgeDelivery.id).where(
        ForgeDelivery.connection_id == delivery.connection_id,
        ForgeDelivery.digest == delivery.digest,
        ForgeDelivery.id != delivery.id,
    )
    return session.scalar(query.limit(1)) is not None


def _repository(session: Session, connection: ForgeConnection, place: Place) -> ForgeRepository | None:
    """The linked repository, locked. Once its number at the forge is known, another one of its name is a stranger."""
    found = session.scalars(
        select(ForgeRepository)
        .where(
            ForgeRepository.connection_id == connection.id,
            or_(ForgeRepository.forge_id == place.forge_id, ForgeRepository.key == place.name.lower()),
        )
        .options(
            joinedload(ForgeRepository.invitation).joinedload(Invitation.takehome),
            joinedload(ForgeRepository.invitation).joinedload(Invitation.candidate),
        )
        .with_for_update(of=ForgeRepository)
    ).all()
    by_number = next((one for one in found if one.forge_id == place.forge_id), None)
    if by_number is not None:
        if len(found) == 1:  # it was renamed, and nothing else is linked under its new name
            by_number.name, by_number.key = place.name, place.name.lower()
        return by_number
    by_name = next((one for one in found if not one.forge_id), None)
    if by_name is not None:
        by_name.forge_id = place.forge_id
    return by_name


def _want(
    session: Session,
    queue: procrastinate.App,
    connection: ForgeConnection,
    repository: ForgeRepository,
    wanted: Wanted,
    now: datetime,
) -> Taken:
    counted = repository.branch or wanted.place.default_branch
    reason = ""
    if wanted.trigger.value not in connection.triggers:
        reason = f"This connection makes no submission of this: {wanted.trigger.value}."
    elif wanted.fork:
        reason = "It comes from a fork: only the repository of the invitation counts."
    elif wanted.branch != counted:
        reason = f"Only the branch {counted} counts."
    if reason:
        return Taken(Result.IGNORED, reason, wanted.commit)
    commit = session.scalar(
        insert(ForgeCommit)
        .values(
            id=new_id(),
            repository_id=repository.id,
            commit=wanted.commit,
            branch=wanted.branch,
            installation=wanted.installation,
            received_at=now,
            state=CommitState.FETCHING.value,
            next_at=now,
        )
        .on_conflict_do_nothing(constraint="forge_commits_repository_id_commit_key")
        .returning(ForgeCommit)
    )
    if commit is None:
        return Taken(Result.IGNORED, "This commit came before.", wanted.commit)
    return _begin(session, queue, repository, commit, now)


def _begin(
    session: Session,
    queue: procrastinate.App,
    repository: ForgeRepository,
    commit: ForgeCommit,
    now: datetime,
) -> Taken:
    """Have a commit fetched, if its invitation takes one now; else say why not, at the commit too."""
    defer_answers(session)
    try:
        check_open(repository.invitation, now)
        check_attempts(session, repository.invitation)
    except (Gone, Conflict) as closed:
        refuse(commit, closed.detail, now)
        return Taken(Result.IGNORED, closed.detail, commit.commit)
    commit.state, commit.problem, commit.received_at = CommitState.FETCHING.value, "", now
    commit.fetch_tries = 0
    defer_fetch(session, queue, repository.connection_id, commit.id)
    return Taken(Result.ACCEPTED, commit=commit.commit)


def refuse(commit: ForgeCommit, problem: str, now: datetime) -> None:
    """The commit is not taken; its page at the forge says so."""
    commit.state, commit.problem = CommitState.REFUSED.value, problem
    tell_anew(commit, now)


def tell_anew(commit: ForgeCommit, now: datetime) -> None:
    """Have the forge told of the commit as it is now."""
    commit.settled, commit.tell_tries, commit.tell_problem, commit.next_at = False, 0, "", now


def _run_again(
    session: Session, queue: procrastinate.App, repository: ForgeRepository, rerun: Rerun, now: datetime
) -> Taken:
    query = select(ForgeCommit).where(ForgeCommit.repository_id == repository.id)
    if rerun.commit:
        query = query.where(ForgeCommit.commit == rerun.commit)
    commit = session.scalar(query.order_by(ForgeCommit.id.desc()).limit(1).with_for_update())
    if commit is None:
        return Taken(Result.IGNORED, "This commit was never received.", rerun.commit)
    taken = Taken(Result.ACCEPTED, commit=commit.commit)
    try:
        refuse_beyond(session, "forge-rerun", str(repository.id), RERUNS, now)
        count(session, "forge-rerun", str(repository.id), now, HOUR)
        taken = _again(session, queue, repository, commit, now)
    except (Conflict, TooMany) as problem:
        return Taken(Result.IGNORED, problem.detail, commit.commit)
    commit.installation = rerun.installation or commit.installation
    if taken.result is Result.ACCEPTED:
        commit.told, commit.check_id = (
            "",
            "",
        )  # a new check run: the old one is what they wanted to be replaced
        tell_anew(commit, now)
        defer_answers(session)
    return taken


def _again(
    session: Session,
    queue: procrastinate.App,
    repository: ForgeRepository,
    commit: ForgeCommit,
    now: datetime,
) -> Taken:
    if commit.state == CommitState.FETCHING:
        raise Conflict("It is being fetched already.")
    if commit.submission_id is None:
        return _begin(session, queue, repository, commit, now)
    submission = session.get_one(Submission, commit.submission_id, with_for_update=True)
    suite_id = repository.invitation.takehome.suite_id
    if suite_id is None:
        raise Conflict("The take-home has no version that passed its check.")
    grade_again(session, queue, submission, suite_id, _pusher(repository.invitation), now)
    return Taken(Result.ACCEPTED, "It is graded again.", commit.commit)


def _pusher(invitation: Invitation) -> Actor:
    """Whoever may write to the candidate's repository counts as the candidate: we know no more."""
    return Actor("candidate", str(invitation.candidate_id), invitation.candidate.name)
