"""What all tables share: ids, times, the declarative base, the session's rules."""

from __future__ import annotations

import re
import secrets
import time
import uuid
from datetime import datetime
from typing import Annotated, Any

from sqlalchemy import DateTime, MetaData, String
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.orm import DeclarativeBase, mapped_column

Id = Annotated[uuid.UUID, mapped_column(primary_key=True)]
When = Annotated[datetime, mapped_column(DateTime(timezone=True))]
"""Always with a time zone; the database keeps UTC."""
Word = Annotated[str, mapped_column(String(40))]
Digest = Annotated[str, mapped_column(String(64))]
Json = Annotated[dict[str, Any], mapped_column(JSONB)]


class Base(DeclarativeBase):
    """Base of all tables. Constraints have names, so that migrations can speak of them."""

    metadata = MetaData(
        naming_convention={
            "ix": "%(table_name)s_%(column_0_N_name)s_idx",
            "uq": "%(table_name)s_%(column_0_N_name)s_key",
            "ck": "%(table_name)s_%(constraint_name)s_check",
            "fk": "%(table_name)s_%(column_0_N_name)s_fkey",
            "pk": "%(table_name)s_pkey",
        }
    )


def new_id() -> uuid.UUID:
    """A UUID of version 7 (RFC 9562, 5.7): 48 bits of milliseconds, then random. Later ones sort after earlier ones."""
    value = (time.time_ns() // 1_000_000) << 80 | secrets.randbits(80)
    value = value & ~(0xF << 76) | 0x7 << 76
    return uuid.UUID(int=value & ~(0x3 << 62) | 0x2 << 62)


PUNCTUATION = "@._-+/:,;()"


def words(*columns: str) -> str:
    """SQL of the words in text columns, as full-text search takes them. Each part of an address is a word."""
    joined = " || ' ' || ".join(columns)
    return (
        f"to_tsvector('simple'::regconfig, translate({joined}, '{PUNCTUATION}', '{' ' * len(PUNCTUATION)}'))"
    )


def starts_of_words(search: str) -> str:
    """The query that finds texts with a word for each word of `search` that begins with it; empty for no words."""
    return " & ".join(f"{word}:*" for word in re.findall(r"[^\W_]+", search.lower()))
