"""Tables as files for spreadsheets (CSV, XLSX) in which nothing is computed, followed or run."""

from __future__ import annotations

import io
from collections.abc import Iterable, Sequence
from enum import StrEnum
from typing import Final

from fastapi import Response
from xlsxwriter import Workbook

from api.http.csv_files import csv_text

MEDIA_TYPE: Final = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
LONGEST_CELL: Final = 32_767
"""Characters, as spreadsheet programs take them."""


class Spreadsheet(StrEnum):
    """Formats of a table."""

    CSV = "csv"
    XLSX = "xlsx"


MEDIA_TYPES: Final = {Spreadsheet.CSV: "text/csv; charset=utf-8", Spreadsheet.XLSX: MEDIA_TYPE}


def spreadsheet(
    chosen: Spreadsheet, columns: Sequence[str], rows: Iterable[Sequence[object]], name: str
) -> Response:
    """A table as a download."""
    as_csv = chosen is Spreadsheet.CSV
    content = csv_text(columns, rows).encode("utf-8-sig") if as_csv else workbook(columns, rows)
    headers = {
        "Content-Disposition": f'attachment; filename="{name}.{chosen.value}"',
        "Content-Security-Policy": "sandbox; default-src 'none'",
    }
    return Response(content, headers=headers, media_type=MEDIA_TYPES[chosen])


def workbook(columns: Sequence[str], rows: Iterable[Sequence[object]]) -> bytes:
    """A workbook with one sheet. Text is written as text, whatever it begins with."""
    made = io.BytesIO()
    options = {"in_memory": True, "strings_to_formulas": False, "strings_to_urls": False}
    with Workbook(made, options) as book:
        sheet = book.add_worksheet("Invitations")
        sheet.freeze_panes(1, 0)
        bold = book.add_format({"bold": True})
        for column, name in enumerate(columns):
            sheet.write_string(0, column, name, bold)
        for number, row in enumerate(rows, start=1):
            for column, cell in enumerate(row):
                if isinstance(cell, int | float):
                    sheet.write_number(number, column, cell)
                elif cell != "":
                    sheet.write_string(number, column, str(cell)[:LONGEST_CELL])
    return made.getvalue()
