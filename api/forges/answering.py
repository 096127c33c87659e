"""Telling forges. What a commit shows is compared with what it should show; each request lies between two transactions.

Killed in between, the commit is told once more when its lease has run out. A forge that is down is asked again for
three days, ever more rarely (`api.hooks.schedule`), and keeps no other forge waiting.
"""

from __future__ import annotations

import random
import time
import uuid
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Final

import structlog
from sqlalchemy import ColumnElement, String, and_, case, false, or_, select, update
from sqlalchemy.orm import Session, joinedload

from api.forges.client import ForgeClient, ForgeFailed
from api.forges.interface import Access, Status, Target
from api.forges.known import forge_of
from api.forges.secrets import access_of
from api.forges.statuses import status_of
from api.forges.tables import CommitState, ForgeCommit, ForgeRepository
from api.hooks.schedule import wait_after
from api.hooks.secrets import Safe, SecretUnreadable
from api.service import Service
from api.submissions.states import State
from api.submissions.tables import Submission

log = structlog.get_logger()

LANES: Final = 4
"""Requests at a time."""
LEASE: Final = timedelta(minutes=2)
"""Longer than telling takes, tokens included: after it, whoever was telling is taken for dead."""
SLICE_SECONDS: Final = 20.0
"""After so long a job takes nothing new and lets other jobs have their turn."""
NO_ACCESS: Final = "The connection has neither an App nor a token: nobody is told."
FINAL_MARKS: Final = frozenset(
    {
        CommitState.REFUSED.value,
        CommitState.FAILED.value,
        *(state.value for state in (State.GRADED, State.UNGRADABLE, State.CANCELLED, State.DELETED)),
        f"our {State.FAILED.value}",
    }
)
"""After these nothing more is to be told, unless it is graded again."""


def mark() -> ColumnElement[str]:
    """What a commit should show, in one word: in which of its states it is, or its submission."""
    waits = Submission.state.in_([State.QUEUED.value, State.WAITING.value])
    return case(
        (or_(ForgeCommit.state == CommitState.FETCHING.value, waits), "received"),
        (ForgeCommit.state != CommitState.SUBMITTED.value, ForgeCommit.state),
        (Submission.state == State.FAILED.value, f"our {State.FAILED.value}"),
        else_=Submission.state,
    ).cast(String)


@dataclass(frozen=True)
class Message:
    """What one commit is told, with all that telling it needs."""

    commit_id: uuid.UUID
    connection_id: uuid.UUID
    kind: str
    access: Access
    target: Target
    mark: str
    status: Status


@dataclass(frozen=True)
class Outcome:
    """What became of it."""

    check_id: str = ""
    problem: str = ""
    """Empty where it succeeded."""
    again: bool = False


@dataclass
class Teller:
    """Tells for a while: one per job."""

    service: Service
    client: ForgeClient
    slice_seconds: float = SLICE_SECONDS
    _down: set[uuid.UUID] = field(default_factory=set)
    """Connections that did not answer: they are left alone for the rest of the job."""

    def run(self) -> None:
        """Tell until nothing is due or the slice is over."""
        ends = time.monotonic() + self.slice_seconds
        with ThreadPoolExecutor(LANES, thread_name_prefix="forges") as lanes:
            while time.monotonic() < ends:
                messages, more = self._take()
                if not more:
                    return
                outcomes = list(lanes.map(self._tell, messages))
                with self.service.sessions.begin() as session:
                    for message, outcome in zip(messages, outcomes, strict=True):
                        self._record(session, message, outcome)

    def _take(self) -> tuple[list[Message], bool]:
        """What can be told now, a few at a time; and whether there was anything to look at."""
        safe, now = self.service.safe, self.service.now()
        messages = []
        with self.service.sessions.begin() as session:
            rows = session.execute(
                select(ForgeCommit, mark())
                .join(ForgeRepository, ForgeRepository.id == ForgeCommit.repository_id)
                .outerjoin(Submission, Submission.id == ForgeCommit.submission_id)
                .where(
                    ForgeCommit.settled == false(),
                    ForgeCommit.next_at <= now,
                    ForgeCommit.told != mark(),
                    ForgeRepository.connection_id.not_in(self._down),
                )
                .options(
                    joinedload(ForgeCommit.repository).joinedload(ForgeRepository.connection),
                    joinedload(ForgeCommit.repository).joinedload(ForgeRepository.invitation),
                )
                .order_by(ForgeCommit.next_at, ForgeCommit.id)
                .limit(LANES)
                .with_for_update(of=ForgeCommit, skip_locked=True)
            ).all()
            for commit, wanted in rows:
                commit.next_at = now + LEASE
                message = self._message(session, safe, commit, wanted)
                if message is not None:
                    messages.append(message)
        return messages, bool(rows)

    def _message(self, session: Session, safe: Safe, commit: ForgeCommit, wanted: str) -> Message | None:
        connection = commit.repository.connection
        try:
            access = access_of(safe, connection)
        except SecretUnreadable as error:
            commit.settled, commit.tell_problem = True, str(error)[:400]
            return None
        if not access.can_answer:
            commit.settled, commit.tell_problem = True, NO_ACCESS
            return None
        submission = session.get(Submission, commit.submission_id) if commit.submission_id else None
        target = Target(
            commit.repository.name, commit.commit, commit.branch, commit.installation, commit.check_id
        )
        status = status_of(
            session, commit, submission, commit.repository.invitation, self.service.settings.base_url
        )
        return Message(commit.id, connection.id, connection.kind, access, target, wanted, status)

    def _tell(self, message: Message) -> Outcome:
        """One status. Never raises: one that breaks us must not keep the others from being told."""
        try:
            forge = forge_of(message.kind)
            return Outcome(forge.answer(self.client, message.access, message.target, message.status))
        except ForgeFailed as error:
            said = f" It said: {error.said}" if error.said else ""
            return Outcome(problem=f"{error}{said}", again=error.again)
        except Exception as error:
            log.exception("telling a forge broke", commit=str(message.commit_id))
            return Outcome(problem=f"A mistake of ours, see the log: {type(error).__name__}.", again=True)

    def _record(self, session: Session, message: Message, outcome: Outcome) -> None:
        commit = session.get(ForgeCommit, message.commit_id, with_for_update=True)
        if commit is None:
            return  # erased meanwhile
        now = self.service.now()
        log.info(
            "forge told", commit=str(commit.id), status=message.status.phase.value, problem=outcome.problem
        )
        if not outcome.problem:
            commit.told, commit.told_at, commit.next_at = message.mark, now, now
            commit.check_id, commit.tell_tries, commit.tell_problem = outcome.check_id, 0, ""
            commit.settled = message.mark in FINAL_MARKS
            return
        self._down.add(message.connection_id)
        commit.tell_tries += 1
        commit.tell_problem = outcome.problem.replace("\0", "")[:400]
        wait = wait_after(commit.tell_tries, random.random()) if outcome.again else None  # noqa: S311 -- jitter
        commit.settled = wait is None
        commit.next_at = now + (wait or timedelta())


def look_again(session: Session) -> int:
    """Find commits that were told the last word and were graded again since; returns how many."""
    later = (
        update(ForgeCommit)
        .where(
            and_(
                ForgeCommit.settled,
                ForgeCommit.submission_id == Submission.id,
                ForgeCommit.told_at < Submission.state_at,
            )
        )
        .values(settled=False, told="", tell_tries=0)
        .execution_options(synchronize_session=False)
    )
    return session.connection().execute(later).rowcount
