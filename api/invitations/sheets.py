"""Workbooks (XLSX) as CSV: the first sheet, as text. A workbook is a zip archive of XML, and both can be traps.

So before a library reads anything: every part is expanded, counted and thrown away (a bomb is refused by what it really
holds, not by what it says), and none may hold a document type, without which XML has no entities to expand. Rows and
columns beyond those that an import can use are not read.
"""

from __future__ import annotations

import csv
import io
import zipfile
import zlib
from datetime import date, datetime, time
from typing import Final

from openpyxl import load_workbook
from openpyxl.utils.exceptions import InvalidFileException

from api.problems import Invalid

MAGIC: Final = b"PK\x03\x04"
MOST_PARTS: Final = 200
MOST_EXPANDED: Final = 16 * 2**20
"""Bytes of all parts together."""
PIECE: Final = 2**16
MOST_COLUMNS: Final = 50
_NOT_READABLE: Final = (
    *(zipfile.BadZipFile, zlib.error, EOFError, InvalidFileException, NotImplementedError, RuntimeError),
    *(KeyError, ValueError, TypeError, AttributeError, IndexError, SyntaxError, OSError),
)
"""What zipfile, the XML parser and openpyxl raise for a file that is no workbook, or a broken one."""


def csv_of_workbook(data: bytes, most_rows: int) -> bytes:
    """The first sheet of a workbook as CSV in UTF-8. One row more than `most_rows` is read, so that too many are seen.

    Raises:
        Invalid: it is no workbook, a broken one, or one that would expand too far.
    """
    try:
        _check_parts(data)
        book = load_workbook(io.BytesIO(data), read_only=True, data_only=True, keep_links=False)
        try:
            sheet = book.worksheets[0]
            rows = [
                [_text(value) for value in row]
                for row in sheet.iter_rows(
                    min_row=1, max_row=most_rows + 1, min_col=1, max_col=MOST_COLUMNS, values_only=True
                )
            ]
        finally:
            book.close()
    except _NOT_READABLE as error:
        raise Invalid(
            "The file is no workbook that can be read. Save it as .xlsx again, or as “CSV UTF-8”."
        ) from error
    while rows and not any(rows[-1]):
        rows.pop()
    width = max((len(row) - _empty_at_end(row) for row in rows), default=0)
    made = io.StringIO(newline="")
    csv.writer(made).writerows(row[:width] for row in rows)  # empty lines too: problems name the line
    return made.getvalue().encode("utf-8")


def _check_parts(data: bytes) -> None:
    left = MOST_EXPANDED
    with zipfile.ZipFile(io.BytesIO(data)) as archive:
        parts = archive.infolist()
        if len(parts) > MOST_PARTS:
            raise Invalid(f"The workbook has more than {MOST_PARTS} parts. Save its first sheet alone.")
        for part in parts:
            tail = b""
            with archive.open(part) as file:
                while piece := file.read(PIECE):
                    left -= len(piece)
                    if left < 0:
                        most = f"{MOST_EXPANDED // 2**20} MiB"
                        raise Invalid(
                            f"The workbook expands to more than {most}. Save its first sheet alone."
                        )
                    _check_xml(part.filename, tail + piece, is_start=not tail)
                    tail = piece[-16:]


def _check_xml(name: str, piece: bytes, *, is_start: bool) -> None:
    if not name.lower().endswith((".xml", ".rels")):
        return
    plain = piece.removeprefix(b"\xef\xbb\xbf")
    if is_start and not plain.startswith(b"<"):
        raise Invalid("A part of the workbook is not in UTF-8. Save it as .xlsx again.")
    if b"<!DOCTYPE" in plain or b"<!ENTITY" in plain:
        raise Invalid("A part of the workbook has a document type, which no spreadsheet program writes.")


def _text(value: object) -> str:
    """A cell as it would be typed into a CSV file."""
    if value is None:
        return ""
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, float) and value.is_integer():
        return str(int(value))
    if isinstance(value, datetime):
        return value.isoformat(" ", "minutes")
    if isinstance(value, date | time):
        return value.isoformat()
    return str(value).replace("\0", "")


def _empty_at_end(row: list[str]) -> int:
    filled = [at for at, cell in enumerate(row) if cell]
    return len(row) - (filled[-1] + 1 if filled else 0)
