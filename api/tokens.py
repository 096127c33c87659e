"""Secrets that travel: unguessable, stored as hashes only, told apart by their prefix."""

from __future__ import annotations

import hashlib
import secrets
from typing import Final

INVITATION: Final = "inv"
SESSION: Final = "ses"
ENTRY: Final = "ent"
API: Final = "tgr"


def make_token(kind: str) -> str:
    """A token with 256 random bits; `kind` is its prefix, by which leaks can be found in logs and repositories."""
    return f"{kind}_{secrets.token_urlsafe(32)}"


def hash_of(token: str) -> bytes:
    """What is stored. Tokens are random, so a plain sha256 cannot be searched."""
    return hashlib.sha256(token.encode()).digest()
