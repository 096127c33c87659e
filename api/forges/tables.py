"""Tables of forges: who may tell us of pushes, whose repository is whose, what came in, what each commit was told."""

from __future__ import annotations

import uuid
from datetime import datetime
from enum import StrEnum

from sqlalchemy import DateTime, ForeignKey, Index, LargeBinary, String, Text, UniqueConstraint, text
from sqlalchemy.dialects.postgresql import ARRAY
from sqlalchemy.orm import Mapped, mapped_column, relationship

from api.database.base import Base, Digest, Id, When, Word
from api.hooks.secrets import HasSecrets
from api.invitations.tables import Invitation
from api.submissions.tables import Submission


class ForgeKind(StrEnum):
    """Which forge it is."""

    GITHUB = "github"
    GITLAB = "gitlab"
    GITEA = "gitea"
    """Forgejo too: it speaks the same."""


class Result(StrEnum):
    """What became of a delivery."""

    ACCEPTED = "accepted"
    """A commit is fetched, or graded again."""
    IGNORED = "ignored"
    """Nothing was to be done, and the reason says why."""
    PONG = "pong"
    """The forge tried whether we are there."""


class CommitState(StrEnum):
    """Where a commit is on its way to a submission. Who moves it on is named beside each."""

    FETCHING = "fetching"  # the job that fetches
    SUBMITTED = "submitted"  # from here on its submission says more
    REFUSED = "refused"  # a re-run: it cannot be taken, and the problem says why
    FAILED = "failed"  # a re-run: we could not fetch it in any try


class ForgeConnection(HasSecrets, Base):
    """One forge that may tell us of pushes, and how it is reached. Its secret is what deliveries are signed with."""

    __tablename__ = "forge_connections"

    id: Mapped[Id]
    kind: Mapped[Word]
    description: Mapped[str] = mapped_column(String(200), default="")
    web_url: Mapped[str] = mapped_column(String(400))
    """Where repositories are cloned from, such as https://github.com; no slash at the end."""
    api_url: Mapped[str] = mapped_column(String(400))
    """Such as https://api.github.com; no slash at the end."""
    app_id: Mapped[str] = mapped_column(String(80), default="")
    """Of a GitHub App: its id or client id. Empty: there is a token, or nothing."""
    private_key: Mapped[bytes | None] = mapped_column(LargeBinary)
    """Of that App, as PEM; sealed like the secret."""
    token: Mapped[bytes | None] = mapped_column(LargeBinary)
    """Sealed. Without it and without an App only public repositories are fetched, and nobody is answered."""
    triggers: Mapped[list[str]] = mapped_column(ARRAY(String(40)))
    """What makes a submission: see `interface.Trigger`."""
    created_by: Mapped[str] = mapped_column(String(200))
    created_at: Mapped[When]


class ForgeRepository(Base):
    """The repository of one invitation."""

    __tablename__ = "forge_repositories"
    __table_args__ = (UniqueConstraint("connection_id", "key"),)

    id: Mapped[Id]
    connection_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("forge_connections.id", ondelete="CASCADE"))
    name: Mapped[str] = mapped_column(String(400))
    """owner/name, with as many groups as there are."""
    key: Mapped[str] = mapped_column(String(400))
    """The name in lower case: forges make no difference."""
    forge_id: Mapped[str] = mapped_column(String(40), default="")
    """The forge's own number of it, known from its first delivery on: from then on a name alone counts for nothing."""
    branch: Mapped[str] = mapped_column(String(200), default="")
    """The branch that counts; empty: the default branch."""
    invitation_id: Mapped[uuid.UUID] = mapped_column(
        ForeignKey("invitations.id", ondelete="CASCADE"), unique=True
    )
    created_by: Mapped[str] = mapped_column(String(200))
    created_at: Mapped[When]

    connection: Mapped[ForgeConnection] = relationship(lazy="raise")
    invitation: Mapped[Invitation] = relationship(lazy="raise")


class ForgeDelivery(Base):
    """One signed request of a forge. Its body is not kept: it is full of names and addresses of people."""

    __tablename__ = "forge_deliveries"
    __table_args__ = (
        UniqueConstraint("connection_id", "delivery_id"),
        Index("forge_deliveries_connection_idx", "connection_id", "id"),
        Index("forge_deliveries_digest_idx", "connection_id", "digest"),
        Index("forge_deliveries_received_at_idx", "received_at"),
    )

    id: Mapped[Id]
    connection_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("forge_connections.id", ondelete="CASCADE"))
    delivery_id: Mapped[str] = mapped_column(String(200))
    """As the forge calls it; the same when it is sent again."""
    digest: Mapped[Digest]
    """sha256 of the body. Forges sign bodies and not ids: what was caught and sent again has the same."""
    event: Mapped[str] = mapped_column(String(80))
    repository: Mapped[str] = mapped_column(String(400), default="")
    commit: Mapped[str] = mapped_column(String(64), default="")
    result: Mapped[Word]
    reason: Mapped[str] = mapped_column(String(400), default="")
    received_at: Mapped[When]


class ForgeCommit(Base):
    """A commit that is, or was to be, a submission; and what its page at the forge says about it."""

    __tablename__ = "forge_commits"
    __table_args__ = (
        UniqueConstraint("repository_id", "commit"),
        Index("forge_commits_due_idx", "next_at", postgresql_where=text("NOT settled")),
    )

    id: Mapped[Id]
    repository_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("forge_repositories.id", ondelete="CASCADE"))
    commit: Mapped[str] = mapped_column(String(64))
    branch: Mapped[str] = mapped_column(String(200), default="")
    installation: Mapped[str] = mapped_column(String(40), default="")
    """Of the GitHub App, as the delivery named it."""
    received_at: Mapped[When]
    """When we were told of it, by which the invitation's window decides."""
    state: Mapped[Word]
    problem: Mapped[str] = mapped_column(Text, default="")
    """Why it was refused, or the newest failure of ours."""
    fetch_tries: Mapped[int] = mapped_column(default=0)
    submission_id: Mapped[uuid.UUID | None] = mapped_column(ForeignKey("submissions.id"), index=True)

    told: Mapped[Word] = mapped_column(default="")
    """What the forge shows: a mark of `answering`; empty: nothing yet."""
    told_at: Mapped[datetime | None] = mapped_column(DateTime(timezone=True))
    check_id: Mapped[str] = mapped_column(String(40), default="")
    """The forge's id of the check run that is updated."""
    settled: Mapped[bool] = mapped_column(default=False)
    """Nothing is to be told any more, unless it is graded again."""
    tell_tries: Mapped[int] = mapped_column(default=0)
    next_at: Mapped[When]
    """When it may be told the next time; while a request is under way, when that is given up for dead."""
    tell_problem: Mapped[str] = mapped_column(String(400), default="")

    repository: Mapped[ForgeRepository] = relationship(lazy="raise")
    submission: Mapped[Submission | None] = relationship(lazy="raise")
