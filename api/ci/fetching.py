"""The job that fetches a repository for a pipeline. It can be interrupted, and done again, at any moment.

The request is read in one transaction, the repository is fetched outside of any, and what came is taken over in a
second one, together with the mark that it was: never twice, and never half.
"""

from __future__ import annotations

import uuid
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Final

import structlog
from sqlalchemy import select
from sqlalchemy.orm import Session

from api.audit.log import Actor, announce, record
from api.ci.addresses import hosts_of
from api.ci.credentials import credential_for
from api.ci.tables import CiRequest, Stage
from api.fetching import Fetch, FetchFailed, Repository
from api.hooks.secrets import SecretUnreadable
from api.invitations.lists import by_id
from api.invitations.tables import Invitation
from api.problems import Busy, Problem
from api.service import Service
from api.submissions.grading import DATABASE_FAILED, LONGEST_WAIT, TryAgain
from api.submissions.receiving import Upload, receive_from_ci
from api.takehomes.tables import Takehome

log = structlog.get_logger()

TRIES: Final = 8
"""That fail because of us, before we give up: about two hours."""
WAITED: Final = 15.0
"""Seconds before the second try; twice as many before each further one."""
FILE_NAME: Final = "repository.tar"
MOST_WORDS: Final = 1000


@dataclass(frozen=True)
class Claim:
    """What a job works on, read in a transaction that has ended."""

    wanted: Repository
    tries: int


def fetch_for_ci(service: Service, fetch: Fetch, request_id: uuid.UUID) -> None:
    """Do one job.

    Raises:
        TryAgain: we failed, and there are tries left; or the database or the queue did, and then there always are.
    """
    try:
        claim = _claim(service, request_id)
        if claim is None:
            return
        try:
            wanted = _with_credential(service, claim.wanted)
        except SecretUnreadable as unreadable:
            _not_fetched(service, request_id, claim, str(unreadable), ours=True)
            return
        try:
            data = fetch(wanted, hosts_of(service.settings.ci.repositories))
        except FetchFailed as failure:
            _not_fetched(service, request_id, claim, str(failure), ours=failure.ours)
            return
        except Exception as error:
            log.exception("fetching broke", request=str(request_id))
            _not_fetched(service, request_id, claim, f"A mistake of ours: {type(error).__name__}.", ours=True)
            return
        _take(service, request_id, data)
    except DATABASE_FAILED as error:
        raise TryAgain(f"the database: {type(error).__name__}", service.settings.retry_seconds) from error


def _claim(service: Service, request_id: uuid.UUID) -> Claim | None:
    """What is to be fetched, unless it is done or was forgotten: then the job has nothing to do."""
    with service.sessions() as session:
        row = session.get(CiRequest, request_id)
        if row is None or row.stage != Stage.FETCHING:
            return None
        return Claim(Repository(row.url, row.commit, row.ref or None), row.tries)


def _with_credential(service: Service, wanted: Repository) -> Repository:
    safe = service.safe
    with service.sessions.begin() as session:
        return replace(wanted, credential=credential_for(session, safe, wanted.url, service.now()))


def _take(service: Service, request_id: uuid.UUID, data: bytes) -> None:
    """Take the bytes over as the submission that was asked for."""
    now = service.now()
    with service.sessions.begin() as session:
        known = session.get(CiRequest, request_id)
        if known is None:
            return
        # the invitation before the request, as whoever erases a candidate locks them
        invitation = by_id(session, known.invitation_id, lock=True) if known.invitation_id else None
        row = _locked(session, request_id)
        if row is None:
            return
        try:
            with session.begin_nested():
                _received(session, service, row, invitation, data, now)
                row.stage, row.stage_at, row.problem = Stage.TAKEN.value, now, ""
        except Busy as busy:
            raise TryAgain(busy.detail, float(busy.retry_after or service.settings.retry_seconds)) from busy
        except Problem as refused:
            _end(session, row, Stage.REFUSED, refused.detail, now)


def _received(
    session: Session,
    service: Service,
    row: CiRequest,
    invitation: Invitation | None,
    data: bytes,
    now: datetime,
) -> None:
    receive_from_ci(
        session,
        service.blobs,
        service.queue,
        service.settings.bounds,
        session.get_one(Takehome, row.takehome_id),
        invitation,
        Upload(FILE_NAME, data, "ci", label=row.label),
        _actor(row),
        now,
        identity=row.id,
        asked_at=row.asked_at,
        level=row.level,
    )


def _not_fetched(service: Service, request_id: uuid.UUID, claim: Claim, why: str, *, ours: bool) -> None:
    """Note a failure.

    Raises:
        TryAgain: it is ours, and there are tries left.
    """
    tries = claim.tries + 1
    again = ours and tries < TRIES
    with service.sessions.begin() as session:
        row = _locked(session, request_id)
        if row is None:
            return
        if ours:
            row.tries = tries
        row.problem = why[:MOST_WORDS]
        if not again:
            _end(session, row, Stage.FAILED if ours else Stage.REFUSED, why, service.now())
    if again:
        raise TryAgain(why, min(WAITED * 2 ** (tries - 1), LONGEST_WAIT))


def _locked(session: Session, request_id: uuid.UUID) -> CiRequest | None:
    row = session.scalar(
        select(CiRequest)
        .where(CiRequest.id == request_id)
        .with_for_update()
        .execution_options(populate_existing=True)
    )
    return row if row is not None and row.stage == Stage.FETCHING else None


def _end(session: Session, row: CiRequest, stage: Stage, why: str, now: datetime) -> None:
    row.stage, row.stage_at, row.problem = stage.value, now, why[:MOST_WORDS]
    record(session, _actor(row), "submission.not_fetched", ("submission", row.id), now, why=row.problem)
    announce(session, "fetch.failed", row.id, now, ours=stage is Stage.FAILED)


def _actor(row: CiRequest) -> Actor:
    kind, _, identity = row.asked_by.partition(":")
    return Actor(kind, identity, row.asked_by_name)
