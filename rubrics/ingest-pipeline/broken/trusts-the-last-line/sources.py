"""Reading sources: numbered lines with their place in the file, and the fields that a line holds."""

from __future__ import annotations

import csv
import json
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO

from records import REQUIRED_FIELDS, RejectedError

Parse = Callable[[str], Mapping[str, object]]


class SourceError(Exception):
    """A source that cannot be processed at all; the text says which one and why."""


@dataclass(frozen=True)
class Line:
    """One line of a source that is not blank."""

    number: int
    content: bytes
    """With its line break, if it has one."""
    end: int
    """Where the next line begins, in bytes from the start of the source."""

    @property
    def raw(self) -> str:
        """The line without its line break; bytes that are not UTF-8 as `\\xNN`."""
        return self.content.rstrip(b"\r\n").decode("utf-8", errors="backslashreplace")

    def text(self) -> str:
        """The line without its line break.

        Raises:
            RejectedError: it is not UTF-8.
        """
        try:
            return self.content.rstrip(b"\r\n").decode("utf-8")
        except UnicodeDecodeError as error:
            raise RejectedError("encoding", str(error)) from error


def lines_from(source: BinaryIO, number: int, start: int) -> Iterator[Line]:
    """Give the lines that are not blank, from the byte `start` on, where line `number` has just ended."""
    source.seek(start)
    for content in source:
        number += 1
        start += len(content)
        if content.strip():
            yield Line(number, content, start)


def read_header(source: BinaryIO, path: Path) -> tuple[list[str], int]:
    """Read the names of the columns and where the first record begins.

    Raises:
        SourceError: a column that must be there is not.
    """
    line = source.readline()
    names = next(csv.reader([line.decode("utf-8", errors="replace")]), [])
    missing = [name for name in REQUIRED_FIELDS if name not in names]
    if missing:
        raise SourceError(f"{path}: the first line lacks {', '.join(missing)}")
    return names, len(line)


def parse_json(text: str) -> Mapping[str, object]:
    """Give the fields of a line of JSON.

    Raises:
        RejectedError: it is no JSON object.
    """
    try:
        fields = json.loads(text)
    except (ValueError, RecursionError) as error:
        raise RejectedError("syntax", str(error)) from error
    if not isinstance(fields, dict):
        raise RejectedError("fields", "not a JSON object")
    return fields


def csv_parser(columns: list[str]) -> Parse:
    """Make a function that gives the fields of a line of CSV; it raises `RejectedError` where there are none."""

    def parse_csv(text: str) -> Mapping[str, object]:
        try:
            values = next(csv.reader([text], strict=True))
        except csv.Error as error:
            raise RejectedError("syntax", str(error)) from error
        if len(values) != len(columns):
            raise RejectedError("fields", f"{len(values)} instead of {len(columns)}")
        return dict(zip(columns, values, strict=True))

    return parse_csv
