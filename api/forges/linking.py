"""Which repository belongs to which invitation: said by whoever invites, never guessed from a payload."""

from __future__ import annotations

import re
import uuid
from collections.abc import Collection
from datetime import datetime
from typing import Final

from sqlalchemy import delete, select
from sqlalchemy.orm import Session, joinedload

from api.audit.log import Actor, record
from api.database.base import new_id
from api.forges.payloads import NAME
from api.forges.reading import connection_by_id
from api.forges.tables import ForgeDelivery, ForgeRepository
from api.invitations.tables import Invitation
from api.problems import Conflict, Invalid

LONGEST_BRANCH: Final = 200


def link(
    session: Session,
    invitation: Invitation,
    connection_id: uuid.UUID,
    name: str,
    branch: str,
    by: Actor,
    now: datetime,
) -> ForgeRepository:
    """Make a repository the one of an invitation. An invitation has one; another one takes its place.

    `name` is owner/name, or the address of the repository at the connection's forge.

    Raises:
        NotFound: there is no such connection.
        Invalid: a field is wrong.
        Conflict: the repository is another invitation's.
    """
    connection = connection_by_id(session, connection_id)
    path = name.strip().removeprefix(f"{connection.web_url}/").removesuffix("/").removesuffix(".git")
    errors = {}
    if len(path) > 400 or not re.fullmatch(NAME, path) or {".", ".."} & set(path.split("/")):
        errors["repository"] = f"owner/name, or an address that begins with {connection.web_url}/"
    if len(branch) > LONGEST_BRANCH or not branch.isprintable() or " " in branch.strip():
        errors["branch"] = "the name of a branch; empty: the default branch"
    if errors:
        raise Invalid("The repository is not right.", errors=errors)
    taken = session.scalar(
        select(ForgeRepository).where(
            ForgeRepository.connection_id == connection.id, ForgeRepository.key == path.lower()
        )
    )
    if taken is not None and taken.invitation_id != invitation.id:
        raise Conflict(f"{path} is the repository of another invitation.")
    if taken is None:
        unlink(session, invitation, by, now)
        taken = ForgeRepository(
            id=new_id(),
            connection_id=connection.id,
            invitation_id=invitation.id,
            created_by=by.name[:200],
            created_at=now,
        )
        session.add(taken)
    taken.name, taken.key, taken.branch = path, path.lower(), branch.strip()
    session.flush()
    record(session, by, "invitation.repository_linked", ("invitation", invitation.id), now, repository=path)
    return taken


def unlink(session: Session, invitation: Invitation, by: Actor, now: datetime) -> None:
    """An invitation has no repository any more. Submissions that were made of it stay."""
    row = repository_of(session, invitation.id)
    if row is not None:
        session.delete(row)
        session.flush()
        subject = ("invitation", invitation.id)
        record(session, by, "invitation.repository_unlinked", subject, now, repository=row.name)


def repository_of(session: Session, invitation_id: uuid.UUID) -> ForgeRepository | None:
    """The repository of an invitation, with its connection."""
    return session.scalar(
        select(ForgeRepository)
        .where(ForgeRepository.invitation_id == invitation_id)
        .options(joinedload(ForgeRepository.connection))
    )


def forget_repositories(session: Session, invitation_ids: Collection[uuid.UUID]) -> None:
    """Delete what names the repositories of people whose data is erased: links, commits, lines of the log."""
    rows = session.scalars(
        select(ForgeRepository).where(ForgeRepository.invitation_id.in_(invitation_ids)).with_for_update()
    ).all()
    for row in rows:
        session.execute(
            delete(ForgeDelivery).where(
                ForgeDelivery.connection_id == row.connection_id,
                ForgeDelivery.repository.ilike(_exact(row.name)),
            )
        )
        session.delete(row)
    session.flush()


def _exact(name: str) -> str:
    return re.sub(r"([\\%_])", r"\\\1", name)
