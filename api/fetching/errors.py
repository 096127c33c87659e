"""Why a repository was not fetched."""

from __future__ import annotations

from typing import Literal, TypeAlias

Kind: TypeAlias = Literal["not_allowed", "not_found", "refused", "too_large", "too_slow", "broken"]
"""not_allowed: we do not go there · not_found: no such repository, branch or commit · refused: the credential is
missing or wrong · too_large, too_slow: over one of the `FetchLimits` · broken: no connection, or no sense in it."""


class FetchFailed(Exception):
    """A repository was not fetched. The message is a sentence for people; nothing that the server sent is in it."""

    def __init__(self, kind: Kind, message: str, *, ours: bool = False) -> None:
        """`ours`: the network or the server failed, not what was asked for. The same may succeed later."""
        super().__init__(message)
        self.kind: Kind = kind
        self.message = message
        self.ours = ours
