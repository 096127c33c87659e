"""From a commit to a submission: fetched between two transactions, and received in the second, once."""

from __future__ import annotations

import uuid
from dataclasses import dataclass
from datetime import timedelta
from typing import Final
from urllib.parse import urlsplit

import structlog
from sqlalchemy import select
from sqlalchemy.orm import Session, joinedload

from api.fetching import Fetch, FetchFailed, Kind, Repository
from api.forges.client import ForgeClient, ForgeFailed
from api.forges.interface import Access, Target
from api.forges.known import forge_of
from api.forges.payloads import BRANCH
from api.forges.queueing import defer_answers
from api.forges.receiving import refuse, tell_anew
from api.forges.secrets import access_of
from api.forges.tables import CommitState, ForgeCommit, ForgeRepository
from api.hooks.secrets import SecretUnreadable
from api.invitations.lists import by_id
from api.problems import Busy, Problem, TooMany
from api.service import Service
from api.submissions.receiving import Upload, receive

log = structlog.get_logger()

SOURCE: Final = "webhook"
WAITS: Final = (15, 60, 300, 900, 1800, 3600, 7200, 14400)
"""Seconds after the first failure of ours, the second, …: about eight hours in all."""
FULL: Final = 120
"""Seconds until it is tried again where there is no room for a submission and nobody says how long."""


THEIRS: Final[frozenset[Kind]] = frozenset({"not_found", "too_large", "too_slow"})
"""What candidates can do something about, so that they are told; the rest is between the forge and us."""


class FetchLater(Exception):
    """Not done; the job is to be tried again after `seconds`."""

    def __init__(self, reason: str, seconds: float) -> None:
        super().__init__(reason)
        self.seconds = seconds


@dataclass(frozen=True)
class Order:
    """What a job fetches, read in the transaction before."""

    commit_id: uuid.UUID
    kind: str
    access: Access
    target: Target


def submit_commit(service: Service, client: ForgeClient, fetch: Fetch, commit_id: uuid.UUID) -> None:
    """Fetch a commit and make a submission of it. Done twice, it is one submission.

    Raises:
        FetchLater: we failed, and there are tries left, or there was no room.
    """
    try:
        order = _order(service, commit_id)
    except SecretUnreadable as error:
        _ours(service, commit_id, str(error), again=False)
        return
    if order is None:
        return
    try:
        data = _fetched(client, fetch, order)
    except FetchFailed as error:
        if error.kind in THEIRS and not error.ours:
            _theirs(service, commit_id, str(error))
        else:
            _ours(service, commit_id, str(error), again=error.ours)
        return
    except ForgeFailed as error:
        _ours(service, commit_id, str(error), again=error.again)
        return
    except Exception as error:
        log.exception("fetching a commit broke", commit=str(commit_id))
        _ours(service, commit_id, f"A mistake of ours, see the log: {type(error).__name__}.", again=True)
        return
    _submit(service, order, data)


def _order(service: Service, commit_id: uuid.UUID) -> Order | None:
    safe = service.safe
    with service.sessions() as session:
        commit = _locked(session, commit_id, lock=False)
        if commit is None or commit.state != CommitState.FETCHING:
            return None
        repository = commit.repository
        target = Target(repository.name, commit.commit, commit.branch, commit.installation)
        return Order(commit.id, repository.connection.kind, access_of(safe, repository.connection), target)


def _locked(session: Session, commit_id: uuid.UUID, *, lock: bool = True) -> ForgeCommit | None:
    query = (
        select(ForgeCommit)
        .where(ForgeCommit.id == commit_id)
        .options(joinedload(ForgeCommit.repository).joinedload(ForgeRepository.connection))
    )
    return session.scalar(query.with_for_update(of=ForgeCommit) if lock else query)


def _fetched(client: ForgeClient, fetch: Fetch, order: Order) -> bytes:
    credential = forge_of(order.kind).credential(client, order.access, order.target)
    return fetch(
        Repository(
            url=f"{order.access.web_url}/{order.target.name}.git",
            commit=order.target.commit,
            ref=f"{BRANCH}{order.target.branch}" if order.target.branch else None,
            credential=credential,
        ),
        {urlsplit(order.access.web_url).netloc},
    )


def _submit(service: Service, order: Order, data: bytes) -> None:
    try:
        with service.sessions.begin() as session:
            _received(session, service, order, data)
    except (Busy, TooMany) as full:
        raise FetchLater(full.detail, full.retry_after or FULL) from full
    except Problem as refusal:  # what the window, the attempts or a limit say is for the candidate
        _theirs(service, order.commit_id, refusal.detail)


def _received(session: Session, service: Service, order: Order, data: bytes) -> None:
    commit = _locked(session, order.commit_id)
    if commit is None or commit.state != CommitState.FETCHING:
        return  # erased, or done by another worker that was thought dead
    now = service.now()
    short = order.target.commit[:12]
    name = order.target.name.rpartition("/")[2]
    submission = receive(
        session,
        service.blobs,
        service.queue,
        service.settings.bounds,
        by_id(session, commit.repository.invitation_id, lock=True),
        Upload(f"{name}-{short}.tar", data, SOURCE, f"commit:{order.target.commit}"),
        now,
        told_at=commit.received_at,
    )
    commit.submission_id, commit.state, commit.problem = submission.id, CommitState.SUBMITTED.value, ""
    tell_anew(commit, now)
    defer_answers(session)


def _theirs(service: Service, commit_id: uuid.UUID, problem: str) -> None:
    with service.sessions.begin() as session:
        commit = _locked(session, commit_id)
        if commit is not None and commit.state == CommitState.FETCHING:
            refuse(commit, problem, service.now())
            defer_answers(session)


def _ours(service: Service, commit_id: uuid.UUID, problem: str, *, again: bool) -> None:
    """Note that we failed. It is tried again where that may help, and in the end an administrator has to look.

    Raises:
        FetchLater: there are tries left.
    """
    with service.sessions.begin() as session:
        commit = _locked(session, commit_id)
        if commit is None or commit.state != CommitState.FETCHING:
            return
        commit.fetch_tries += 1
        commit.problem = problem
        tries = commit.fetch_tries
        log.warning("a commit was not fetched", commit=str(commit_id), tries=tries, problem=problem)
        if not again or tries > len(WAITS):
            commit.state = CommitState.FAILED.value
            tell_anew(commit, service.now())
            defer_answers(session)
            return
    raise FetchLater(problem, timedelta(seconds=WAITS[tries - 1]).total_seconds())
