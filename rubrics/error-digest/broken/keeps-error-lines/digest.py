"""Print the most frequent error codes of the last hour of a JSON Lines log.

The log is read once, line by line. Its errors are held in memory until the newest time is known.
"""

from __future__ import annotations

import argparse
import contextlib
import json
import sys
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import BinaryIO

EXIT_UNREADABLE = 1


class MalformedLineError(ValueError):
    """A line that holds no usable log entry; the text says why."""


@dataclass(frozen=True)
class Entry:
    """What the digest needs of one log entry. `error_code` is None for every level but `error`."""

    time: datetime
    error_code: str | None


def parse_entry(line: bytes) -> Entry:
    """Read one line of the log.

    Raises:
        MalformedLineError: the line is no JSON object, or its time, level or code is missing or unusable.
    """
    try:
        fields = json.loads(line.decode("utf-8"))
    except (ValueError, RecursionError) as error:
        raise MalformedLineError(f"not JSON in UTF-8: {error}") from error
    if not isinstance(fields, dict):
        raise MalformedLineError("not a JSON object")
    return Entry(_parse_time(fields.get("time")), _parse_error_code(fields))


def _parse_time(value: object) -> datetime:
    if not isinstance(value, str):
        raise MalformedLineError("no time")
    try:
        time = datetime.fromisoformat(value)
    except ValueError as error:
        raise MalformedLineError(f"not a time: {value!r}") from error
    if time.utcoffset() is None:
        raise MalformedLineError(f"time without UTC offset: {value!r}")
    return time


def _parse_error_code(fields: dict[str, object]) -> str | None:
    level = fields.get("level")
    if not isinstance(level, str):
        raise MalformedLineError("no level")
    if level != "error":
        return None
    code = fields.get("code")
    if not isinstance(code, str) or not code:
        raise MalformedLineError("error without a code")
    return code


@dataclass
class ErrorWindow:
    """Counts error codes of the time before the newest entry, in whatever order entries come."""

    length: timedelta
    newest: datetime | None = None
    error_lines: list[bytes] = field(default_factory=list)

    def add(self, entry: Entry, line: bytes) -> None:
        """Take one entry, read from `line`, into account."""
        if self.newest is None or entry.time > self.newest:
            self.newest = entry.time
        if entry.error_code is not None:
            self.error_lines.append(line)

    def most_frequent(self, limit: int) -> list[tuple[str, int]]:
        """The `limit` most frequent codes with their counts; equal counts in the order of the codes."""
        counts: Counter[str] = Counter()
        for line in self.error_lines:
            entry = parse_entry(line)
            if entry.error_code is not None and self.newest is not None and self.newest - entry.time < self.length:
                counts[entry.error_code] += 1
        return sorted(counts.items(), key=lambda item: (-item[1], item[0]))[:limit]


@dataclass(frozen=True)
class Digest:
    """The result for one log."""

    ranking: list[tuple[str, int]]
    malformed_lines: int


def digest(lines: Iterable[bytes], *, top: int, window: timedelta) -> Digest:
    """Rank the error codes of the last `window` of `lines`, and count the lines that make no sense."""
    errors = ErrorWindow(window)
    malformed_lines = 0
    for line in lines:
        if not line.strip():
            continue
        try:
            errors.add(parse_entry(line), line)
        except MalformedLineError:
            malformed_lines += 1
    return Digest(errors.most_frequent(top), malformed_lines)


def _whole_number(text: str) -> int:
    number = int(text)
    if number < 1:
        raise argparse.ArgumentTypeError(f"{text} is not a whole number from 1 up")
    return number


def _arguments(argv: Sequence[str]) -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="digest.py", description=__doc__)
    parser.add_argument("log", help="file with one JSON entry per line, or - for standard input")
    parser.add_argument("--top", type=_whole_number, default=10, help="how many codes (default: 10)")
    parser.add_argument("--window", type=_whole_number, default=60, help="minutes (default: 60)")
    return parser.parse_args(argv)


@contextlib.contextmanager
def _open_log(name: str) -> Iterator[BinaryIO]:
    if name == "-":
        yield sys.stdin.buffer
        return
    with open(name, "rb") as log:
        yield log


def main(argv: Sequence[str]) -> int:
    """Run the command line and return its exit code."""
    arguments = _arguments(argv)
    try:
        with _open_log(arguments.log) as log:
            result = digest(log, top=arguments.top, window=timedelta(minutes=arguments.window))
    except OSError as error:
        print(f"cannot read {arguments.log}: {error.strerror}", file=sys.stderr)
        return EXIT_UNREADABLE
    for code, count in result.ranking:
        print(f"{count}\t{code}")
    if result.malformed_lines:
        print(f"malformed lines: {result.malformed_lines}", file=sys.stderr)
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
