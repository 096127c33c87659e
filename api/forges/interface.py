"""What a forge is to us: it signs deliveries, its payloads are read into a few words, and its commits are told."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from typing import Any, Final, Protocol, TypeAlias

from api.fetching import Login
from api.forges.client import ForgeClient

CONTEXT: Final = "take-home grader"
"""How our check or status is called at every forge."""
GRADE_AGAIN: Final = "grade_again"
"""Identifier of the button of a check run."""
COMMAND: Final = "/grade"
"""A comment that says just this asks for another grading, where a forge has no button for it."""

Headers: TypeAlias = Mapping[str, str]
"""Names in lower case."""
Payload: TypeAlias = Mapping[str, Any]


class Trigger(StrEnum):
    """What can make a submission."""

    PUSH = "push"
    """Commits on the branch that counts."""
    PULL_REQUEST = "pull_request"
    """A pull or merge request into that branch, from the same repository."""
    CI = "ci"
    """A workflow or pipeline of that branch has succeeded."""


@dataclass(frozen=True)
class Place:
    """A repository as a payload names it."""

    name: str
    """owner/name, with as many groups as there are."""
    forge_id: str
    default_branch: str


@dataclass(frozen=True)
class Wanted:
    """A commit that may be a submission."""

    place: Place
    commit: str
    branch: str
    """What it was pushed to, or shall be merged into."""
    trigger: Trigger
    fork: bool = False
    """It comes from somebody else's copy."""
    installation: str = ""


@dataclass(frozen=True)
class Rerun:
    """Somebody wants a commit to be graded again."""

    place: Place
    commit: str
    """Empty: the newest that we know."""
    installation: str = ""


@dataclass(frozen=True)
class Ignored:
    """Nothing is to be done."""

    reason: str
    place: Place | None = None


@dataclass(frozen=True)
class Ping:
    """The forge tries whether we are there."""


Reading: TypeAlias = Wanted | Rerun | Ignored | Ping


class Phase(StrEnum):
    """What a commit's page shows."""

    PENDING = "pending"
    RUNNING = "running"
    SUCCESS = "success"
    """It was graded. That says nothing about points."""
    FAILURE = "failure"
    """It cannot be graded, and the candidate can do something about it."""
    ERROR = "error"
    """We could not."""
    CANCELLED = "cancelled"


FINAL: Final = frozenset({Phase.SUCCESS, Phase.FAILURE, Phase.ERROR, Phase.CANCELLED})


@dataclass(frozen=True)
class Annotation:
    """A finding at a line. All of it is hostile."""

    path: str
    line: int
    title: str
    message: str


@dataclass(frozen=True)
class Status:
    """What a commit is told. Whoever sees the repository sees it: nothing hidden is in it."""

    phase: Phase
    title: str
    """One line, at most 140 characters."""
    summary: str = ""
    """Markdown."""
    annotations: Sequence[Annotation] = ()
    url: str = ""
    """Our page about it, for those who may sign in."""
    reference: str = ""
    """Our id of the commit."""
    began_at: datetime | None = None


@dataclass(frozen=True)
class Access:
    """How a connection is used: opened secrets, never logged."""

    web_url: str
    api_url: str
    token: str = field(default="", repr=False)
    app_id: str = ""
    private_key: str = field(default="", repr=False)

    @property
    def can_answer(self) -> bool:
        """Whether there is anything to sign in with."""
        return bool(self.token or self.app_id)


@dataclass(frozen=True)
class Target:
    """The commit that is told."""

    name: str
    commit: str
    branch: str
    installation: str = ""
    check_id: str = ""
    """Of the check run that is updated; empty: make one."""


class Forge(Protocol):
    """One kind of forge. Holds no state of its own and serves any number of threads."""

    def verify(self, headers: Headers, body: bytes, secrets: Sequence[str], now: datetime) -> bool:
        """Whether whoever sent `body` knows one of `secrets`. In constant time, over the bytes as they came."""
        ...

    def delivery_id(self, headers: Headers) -> str:
        """The forge's id of the delivery, the same when it is sent again; empty where it has none."""
        ...

    def event(self, headers: Headers) -> str:
        """The name of the event; empty where there is none."""
        ...

    def read(self, event: str, payload: Payload) -> Reading:
        """What a payload asks for. Never raises: what does not look as it should is `Ignored`."""
        ...

    def credential(self, client: ForgeClient, access: Access, target: Target) -> Login | None:
        """What git signs in with to fetch; None where there is nothing.

        Raises:
            ForgeFailed: the forge did not give it.
        """
        ...

    def answer(self, client: ForgeClient, access: Access, target: Target, status: Status) -> str:
        """Tell the commit. May be called twice with the same status. Returns the forge's id of what it made, or "".

        Raises:
            ForgeFailed: the forge did not take it.
        """
        ...
