"""What administrators do with users. The last administrator can neither be disabled nor lose the role."""

from __future__ import annotations

import uuid
from collections.abc import Sequence
from datetime import datetime

from sqlalchemy import func, or_, select
from sqlalchemy.orm import Session

from api.accounts.people import entry_link, sign_out_everywhere
from api.accounts.tables import ApiToken, EntryLink, Role, User, UserSession
from api.audit.log import Actor, record
from api.problems import Conflict, NotFound


def users(session: Session) -> Sequence[User]:
    """All users by name, the disabled ones last. A company has dozens, not thousands."""
    return session.scalars(select(User).order_by(User.disabled_at.is_not(None), User.name, User.id)).all()


def user_by_id(session: Session, user_id: uuid.UUID) -> User:
    """One user, locked, and all administrators with them: two must not demote each other at the same time.

    Raises:
        NotFound: there is none.
    """
    query = (
        select(User)
        .where(or_(User.id == user_id, User.role == Role.ADMIN.value))
        .order_by(User.id)  # the same order for everybody, so that nobody waits for each other
        .with_for_update()
        .execution_options(populate_existing=True)
    )
    found = {user.id: user for user in session.scalars(query)}.get(user_id)
    if found is None:
        raise NotFound("There is no such user.")
    return found


def sessions_of(session: Session, user: User, now: datetime) -> int:
    """In how many browsers a user is signed in."""
    query = select(func.count()).where(UserSession.user_id == user.id, UserSession.expires_at > now)
    return session.scalar(query) or 0


def change_role(session: Session, user: User, role: Role, by: Actor, now: datetime) -> None:
    """Give a user another role.

    Raises:
        Conflict: they are the last administrator.
    """
    if user.role == role:
        return
    _keep_an_administrator(session, user)
    before, user.role = user.role, role.value
    record(session, by, "user.role_changed", ("user", user.id), now, before=before, after=role.value)


def disable(session: Session, user: User, by: Actor, now: datetime) -> None:
    """Let a user in no more: sessions end, open links stop working. What they did stays.

    Raises:
        Conflict: they are the last administrator.
    """
    if user.disabled_at is not None:
        return
    _keep_an_administrator(session, user)
    user.disabled_at = now
    sign_out_everywhere(session, user.id)
    record(session, by, "user.disabled", ("user", user.id), now)


def enable(session: Session, user: User, by: Actor, now: datetime) -> None:
    """Undo `disable`. Links that were made before stay as they are."""
    if user.disabled_at is not None:
        user.disabled_at = None
        record(session, by, "user.enabled", ("user", user.id), now)


def new_entry_link(session: Session, user: User, by: Actor, now: datetime) -> str:
    """A one-time link for a user, for example when the password is lost; earlier ones stop working.

    Raises:
        Conflict: the user is disabled.
    """
    if user.disabled_at is not None:
        raise Conflict("The user is disabled. Enable them first.")
    record(session, by, "user.link_made", ("user", user.id), now)
    return entry_link(session, user, now)


def waits_for_entry(session: Session, now: datetime) -> set[uuid.UUID]:
    """Users with a one-time link that is open."""
    query = select(EntryLink.user_id).where(EntryLink.used_at.is_(None), EntryLink.expires_at > now)
    return set(session.scalars(query))


def tokens(session: Session) -> Sequence[tuple[ApiToken, User]]:
    """All API tokens, the newest first, with who made them."""
    query = select(ApiToken, User).join(User, User.id == ApiToken.created_by)
    rows = session.execute(query.order_by(ApiToken.revoked_at.is_not(None), ApiToken.id.desc())).all()
    return [(token, user) for token, user in rows]


def token_by_id(session: Session, token_id: uuid.UUID) -> ApiToken:
    """One API token, locked.

    Raises:
        NotFound: there is none.
    """
    found = session.get(ApiToken, token_id, with_for_update=True)
    if found is None:
        raise NotFound("There is no such token.")
    return found


def _keep_an_administrator(session: Session, user: User) -> None:
    """Make sure that there is another administrator who can sign in; `user_by_id` has locked them."""
    if user.role != Role.ADMIN or user.disabled_at is not None:
        return
    query = select(User).where(User.role == Role.ADMIN.value, User.disabled_at.is_(None))
    others = [one for one in session.scalars(query) if one.id != user.id]
    if not any(one.password_hash or one.oidc_subject for one in others):
        raise Conflict(
            "This is the last administrator who can sign in. Make another one first, who has set a password."
        )
