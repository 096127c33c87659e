"""What pipelines ask for: taken over at once where the bytes came along, noted and fetched later where they did not."""

from __future__ import annotations

import hashlib
import uuid
from dataclasses import dataclass
from datetime import datetime
from typing import Final

from sqlalchemy import select, text
from sqlalchemy.orm import Session, joinedload

from api.audit.log import Actor, record
from api.ci.addresses import allowed_beginnings
from api.ci.asked import repository
from api.ci.credentials import row_for
from api.ci.tables import CiRequest, Stage
from api.database.base import new_id
from api.fetching import Repository
from api.invitations.lists import by_id
from api.invitations.tables import Invitation
from api.problems import Conflict, Invalid, NotFound
from api.queue import FETCH, OFFICE_QUEUE, defer
from api.service import Service
from api.submissions.receiving import (
    HOUR,
    Upload,
    check_attempts,
    check_open,
    check_room,
    receive_from_ci,
)
from api.submissions.tables import Submission
from api.takehomes.reading import by_name, levels
from api.takehomes.tables import Takehome
from api.throttle import count, refuse_beyond

AFTER_NEW: Final = -1
"""Priority of fetching: mails and webhooks are sooner done."""


@dataclass(frozen=True)
class Sender:
    """The pipeline that asks."""

    actor: Actor
    idempotency_key: str | None
    takehome_id: uuid.UUID | None = None
    """The only take-home that it may send to."""

    @property
    def mark(self) -> str:
        """By which its requests are known."""
        return f"{self.actor.kind}:{self.actor.id}"


@dataclass(frozen=True)
class Wish:
    """What it says about the submission: a take-home, or the invitation that it is for."""

    take_home: str = ""
    invitation: uuid.UUID | None = None
    label: str = ""
    level: str | None = None


@dataclass(frozen=True)
class Order:
    """A wish that was understood. The invitation is locked."""

    takehome: Takehome
    invitation: Invitation | None
    label: str
    level: str | None


def understood(session: Session, sender: Sender, wish: Wish) -> Order:
    """Find what a wish names.

    Raises:
        Invalid: there is no such thing, or the sender may not send to it.
    """
    invitation = None
    try:
        if wish.invitation is not None:
            invitation = by_id(session, wish.invitation, lock=True)
        if wish.take_home:
            takehome = by_name(session, wish.take_home)
        elif invitation is not None:
            takehome = invitation.takehome
        elif sender.takehome_id is not None:
            takehome = session.get_one(Takehome, sender.takehome_id)
        else:
            raise Invalid(
                "It is not said what this is for: name a take-home or an invitation.",
                errors={"take_home": "is missing"},
            )
    except NotFound as missing:
        field = "invitation" if wish.invitation is not None and invitation is None else "take_home"
        raise Invalid(missing.detail, errors={field: "there is none"}) from missing
    if invitation is not None and invitation.takehome_id != takehome.id:
        raise Invalid(
            "The invitation is for another take-home.", errors={"take_home": invitation.takehome.name}
        )
    if sender.takehome_id not in {None, takehome.id}:
        raise Invalid(
            "This connection may not send to that take-home.", errors={"take_home": "is that of another"}
        )
    _check_level(session, takehome, invitation, wish.level)
    return Order(takehome, invitation, wish.label, wish.level)


def _check_level(
    session: Session, takehome: Takehome, invitation: Invitation | None, level: str | None
) -> None:
    if level is None:
        return
    if invitation is not None:
        raise Invalid("The invitation says the level.", errors={"level": "leave it out"})
    known = levels(session, takehome)
    if level not in known:
        message = f"the rubric has no such level; it has: {', '.join(known) or 'none'}"
        raise Invalid("The level is not known.", errors={"level": message})


def ask_with_archive(
    session: Session, service: Service, sender: Sender, wish: Wish, file_name: str, data: bytes
) -> CiRequest:
    """Take an archive over. The same idempotency key again is the request that it made before.

    Raises:
        Invalid: as `understood`.
        Conflict: the key was used for something else; or as `receive`.
        Gone, TooLarge, TooMany, Busy: as `receive`.
    """
    now, content = service.now(), hashlib.sha256(data).hexdigest()
    before = _made_before(session, sender)
    order = understood(session, sender, wish)
    if before is not None:
        return _same(before, order, Repository("", "", ""), content)
    _count(session, service, sender, now)
    row = _noted(session, sender, order, Repository("", "", ""), content, Stage.TAKEN, now)
    receive_from_ci(
        session,
        service.blobs,
        service.queue,
        service.settings.bounds,
        order.takehome,
        order.invitation,
        Upload(file_name, data, "ci", label=order.label),
        sender.actor,
        now,
        identity=row.id,
        asked_at=now,
        level=order.level,
    )
    return row


def ask_with_repository(
    session: Session, service: Service, sender: Sender, wish: Wish, url: str, commit: str, ref: str
) -> CiRequest:
    """Note that a repository is to be fetched, and have it fetched.

    Raises:
        Invalid: as `understood`, or the repository may not be fetched.
        Conflict, Gone, TooMany, Busy: as `ask_with_archive`.
    """
    now = service.now()
    named, errors = repository(url, commit, ref, allowed_beginnings(service.settings.ci.repositories))
    if not errors and named.url.startswith("ssh:") and row_for(session, named.url) is None:
        errors["url"] = "needs a key, and none is set: an administrator sets one on the page Pipelines"
    if errors:
        listed = "; ".join(f"{field}: {words}" for field, words in errors.items())
        raise Invalid(
            f"The repository cannot be fetched. {listed}.",
            errors={f"repository.{field}": words for field, words in errors.items()},
        )
    before = _made_before(session, sender)
    order = understood(session, sender, wish)
    if before is not None:
        return _same(before, order, named, "")
    if order.takehome.suite_id is None:
        raise Conflict(f"{order.takehome.title} has no version that passed its check.")
    if order.invitation is not None:
        check_open(order.invitation, now)
        check_attempts(session, order.invitation)
    check_room(session, service.blobs, service.settings.bounds)
    _count(session, service, sender, now)
    row = _noted(session, sender, order, named, "", Stage.FETCHING, now)
    row.job_id = defer(
        session,
        service.queue,
        FETCH,
        OFFICE_QUEUE,
        lock=f"fetch:{sender.mark}",
        priority=AFTER_NEW,
        request_id=str(row.id),
    )
    subject = ("submission", row.id)
    record(session, sender.actor, "submission.asked_for", subject, now, url=named.url, commit=named.commit)
    return row


def request_of(session: Session, identity: uuid.UUID, asker: str | None, *, lock: bool = False) -> CiRequest:
    """A request, with its take-home. `asker` is the mark of who wants to know; None: somebody who may see all.

    Raises:
        NotFound: there is none, or it is another's.
    """
    query = select(CiRequest).where(CiRequest.id == identity).options(joinedload(CiRequest.takehome))
    row = session.scalar(query.with_for_update(of=CiRequest) if lock else query)
    if row is None or asker not in {None, row.asked_by}:
        raise NotFound("There is no such submission of yours.")
    return row


def newest_requests(
    session: Session, asker: str | None, most: int
) -> list[tuple[CiRequest, Submission | None]]:
    """What was asked for last, with its take-home, and the submission that came of it. `asker` as `request_of`."""
    query = (
        select(CiRequest, Submission)
        .outerjoin(Submission, Submission.id == CiRequest.id)
        .options(joinedload(CiRequest.takehome))
        .order_by(CiRequest.id.desc())
        .limit(most)
    )
    if asker is not None:
        query = query.where(CiRequest.asked_by == asker)
    return [(row, submission) for row, submission in session.execute(query)]


def _made_before(session: Session, sender: Sender) -> CiRequest | None:
    """What the key made. Of two requests with the same key the second waits here for the first."""
    key = sender.idempotency_key
    if key is None:
        return None
    lock = text("SELECT pg_advisory_xact_lock(hashtextextended(:key, 0))")
    session.execute(lock, {"key": f"ci:{sender.mark}:{key}"})
    return session.scalar(
        select(CiRequest)
        .where(CiRequest.asked_by == sender.mark, CiRequest.idempotency_key == key)
        .options(joinedload(CiRequest.takehome))
    )


def _same(before: CiRequest, order: Order, named: Repository, content: str) -> CiRequest:
    was = (before.takehome_id, before.invitation_id, before.url, before.commit, before.content)
    invitation = order.invitation.id if order.invitation else None
    if was != (order.takehome.id, invitation, named.url, named.commit, content):
        raise Conflict("This key or webhook-id was used for something else. Make a new one for each request.")
    return before


def _count(session: Session, service: Service, sender: Sender, now: datetime) -> None:
    refuse_beyond(session, "upload", f"ci:{sender.mark}", service.settings.bounds.uploads_per_hour, now)
    count(session, "upload", f"ci:{sender.mark}", now, HOUR)


def _noted(
    session: Session,
    sender: Sender,
    order: Order,
    named: Repository,
    content: str,
    stage: Stage,
    now: datetime,
) -> CiRequest:
    row = CiRequest(
        id=new_id(),
        asked_by=sender.mark,
        asked_by_name=sender.actor.name[:200],
        asked_at=now,
        takehome_id=order.takehome.id,
        takehome=order.takehome,
        invitation_id=order.invitation.id if order.invitation else None,
        label=order.label[:200],
        level=order.level,
        url=named.url,
        commit=named.commit,
        ref=named.ref,
        content=content,
        idempotency_key=sender.idempotency_key,
        stage=stage.value,
        stage_at=now,
    )
    session.add(row)
    session.flush()
    return row
