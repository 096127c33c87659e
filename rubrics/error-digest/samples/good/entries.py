"""Log entries: from a line of bytes to the few facts that the digest needs."""

import json
from datetime import UTC, datetime
from typing import NamedTuple


class InvalidEntry(ValueError):
    """The line holds no entry that makes sense."""


class Entry(NamedTuple):
    """One entry; `code` is empty when it is no error."""

    time: datetime
    code: str


def read_entry(line: bytes) -> Entry:
    """Parse one line, or raise InvalidEntry."""
    try:
        record = json.loads(line)
        time = datetime.fromisoformat(record["time"])
        level = record["level"]
        code = record["code"] if level == "error" else ""
    except (ValueError, KeyError, TypeError, RecursionError) as error:
        raise InvalidEntry(f"cannot use {line[:80]!r}") from error
    if time.tzinfo is None or not isinstance(level, str) or not isinstance(code, str):
        raise InvalidEntry(f"cannot use {line[:80]!r}")
    if level == "error" and not code:
        raise InvalidEntry("an error without a code")
    return Entry(time.astimezone(UTC), code)
