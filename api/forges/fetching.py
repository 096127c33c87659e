"""What fetching a commit must be able to do: bytes of a tar, or a reason. Whoever builds the worker passes it in."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Final, Literal, Protocol, TypeAlias

Kind: TypeAlias = Literal["not_allowed", "not_found", "refused", "too_large", "too_slow", "broken"]
"""not_allowed: we do not go there · not_found: no such repository or commit · refused: the credential is missing or
wrong · too_large, too_slow: over a limit · broken: no connection, or no sense in it."""
THEIRS: Final[frozenset[Kind]] = frozenset({"not_found", "too_large", "too_slow"})
"""What candidates can do something about, so that they are told; the rest is between the forge and us."""


@dataclass(frozen=True)
class Credential:
    """What git signs in with, by HTTP Basic. Never in an argument list, never in a log."""

    username: str
    secret: str = field(repr=False)


@dataclass(frozen=True)
class Source:
    """What is fetched."""

    url: str
    commit: str
    ref: str
    """Where the commit was seen, such as refs/heads/main; empty where that is not known."""
    credential: Credential | None = None


class NotFetched(Exception):
    """There are no bytes. The message is one sentence for people."""

    def __init__(self, kind: Kind, message: str, *, ours: bool) -> None:
        super().__init__(message)
        self.kind: Kind = kind
        self.ours = ours
        """Another try may succeed."""


class Fetcher(Protocol):
    """Fetches a commit, in a place where a hostile repository can do nothing."""

    def __call__(self, source: Source) -> bytes:
        """An archive of the tree at the commit, with its history. May be called twice.

        Raises:
            NotFetched: there is none.
        """
        ...


def nobody_fetches(source: Source) -> bytes:
    """A fetcher for a worker that was built without one.

    Raises:
        NotFetched: always.
    """
    raise NotFetched("not_allowed", f"This worker was built without a fetcher: {source.url}", ours=False)
