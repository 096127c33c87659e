"""Workbooks that people hand in, and such as nobody should."""

from __future__ import annotations

import contextlib
import csv
import io
import zipfile
from datetime import datetime

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from openpyxl import Workbook, load_workbook

from api.http.csv_files import csv_text
from api.http.spreadsheets import workbook
from api.invitations import sheets
from api.invitations.importing import MOST_LINES, as_csv, read
from api.problems import Invalid

GOOD = workbook(
    ("name", "email"), [("Ada Lovelace", "ada@example.com"), ("", ""), ("Bob", "bob@example.com")]
)


def changed(name: str, content: bytes) -> bytes:
    """The good workbook with another part."""
    made = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(GOOD)) as old, zipfile.ZipFile(made, "w", zipfile.ZIP_DEFLATED) as new:
        for part in old.infolist():
            if part.filename != name:
                new.writestr(part, old.read(part))
        new.writestr(name, content)
    return made.getvalue()


def test_a_workbook_reads_like_its_csv_with_the_same_line_numbers() -> None:
    lines = read(as_csv(GOOD))
    assert [(line.number, line.name, line.email) for line in lines] == [
        (2, "Ada Lovelace", "ada@example.com"),
        (4, "Bob", "bob@example.com"),
    ]


def test_dates_and_numbers_are_read_as_they_would_be_typed() -> None:
    book = Workbook()
    sheet = book.active
    assert sheet is not None
    sheet.append(["name", "email", "closes_at", "window_minutes", "level"])
    sheet.append(["Ada", "a@example.com", datetime(2026, 3, 31, 18, 0), 2880, True])  # noqa: DTZ001 -- cells have no zone
    made = io.BytesIO()
    book.save(made)

    (line,) = read(as_csv(made.getvalue()))
    assert (line.fields["closes_at"], line.fields["window_minutes"]) == ("2026-03-31 18:00", "2880")


def many_parts() -> bytes:
    made = io.BytesIO()
    with zipfile.ZipFile(made, "w") as archive:
        for number in range(sheets.MOST_PARTS + 1):
            archive.writestr(f"{number}.xml", "<a/>")
    return made.getvalue()


SHEET = "xl/worksheets/sheet1.xml"
HEAD = b'<?xml version="1.0"?><worksheet xmlns="http://schemas.openxmlformats.org/spreadsheetml/2006/main"><sheetData>'
FAR = (
    HEAD
    + b'<row r="1"><c r="A1" t="inlineStr"><is><t>name</t></is></c></row>'
    + b'<row r="1048576"><c r="XFD1048576"><v>1</v></c></row></sheetData></worksheet>'
)
LAUGHS = (
    b'<?xml version="1.0"?><!DOCTYPE a [<!ENTITY a "aaaaaaaaaa"><!ENTITY b "&a;&a;&a;&a;&a;&a;">]>'
    b"<worksheet>&b;</worksheet>"
)
REFUSED = {
    "a bomb": (changed(SHEET, HEAD + b" " * (sheets.MOST_EXPANDED + 1)), "expands to more than"),
    "entities": (changed(SHEET, LAUGHS), "document type"),
    "entities over a boundary": (changed(SHEET, b"<" + b" " * (sheets.PIECE - 5) + LAUGHS), "document type"),
    "entities in UTF-16": (changed(SHEET, LAUGHS.decode().encode("utf-16")), "UTF-8"),
    "many parts": (many_parts(), "parts"),
    "cut off": (GOOD[: len(GOOD) // 2], "no workbook"),
    "no sheet": (changed("xl/workbook.xml", b"<workbook/>"), "no workbook"),
    "broken XML": (changed(SHEET, b"<worksheet><sheetData>"), "no workbook"),
    "an archive of something else": (b"PK\x03\x04" + b"\0" * 100, "no workbook"),
}


@pytest.mark.parametrize("name", REFUSED)
def test_what_is_no_usable_workbook_is_refused_in_words(name: str) -> None:
    data, words = REFUSED[name]
    with pytest.raises(Invalid, match=words):
        read(as_csv(data))


def test_a_cell_at_the_end_of_the_world_costs_nothing() -> None:
    """Sixteen thousand columns and a million rows between two cells: libraries that fill the gap die of it."""
    with pytest.raises(Invalid, match="needs name and email"):
        read(as_csv(changed(SHEET, FAR)))


def test_too_many_lines_are_refused_as_in_a_csv_file() -> None:
    rows = [(f"n{number}", f"n{number}@example.com") for number in range(MOST_LINES + 5)]
    with pytest.raises(Invalid, match=f"1 to {MOST_LINES}"):
        read(as_csv(workbook(("name", "email"), rows)))


@settings(max_examples=40, deadline=None, suppress_health_check=list(HealthCheck))
@given(st.integers(0, len(GOOD) - 1), st.binary(min_size=1, max_size=8))
def test_no_broken_workbook_breaks_us(at: int, garbage: bytes) -> None:
    with contextlib.suppress(Invalid):
        read(as_csv(GOOD[:at] + garbage + GOOD[at + len(garbage) :]))


FORMULAS = (
    *("=1+1", "+1", "-1", "@SUM(A1)", "\t=1", "http://evil.example"),
    *('=HYPERLINK("http://evil.example")', "=cmd|' /C calc'!A0"),
)


def test_nothing_in_an_exported_workbook_is_computed_or_followed() -> None:
    made = workbook(("name", "share"), [(text, 0.5) for text in (*FORMULAS, "x" * 40_000, "\x00\x1b\ufffe")])

    sheet = load_workbook(io.BytesIO(made)).worksheets[0]
    cells = [sheet.cell(row, 1) for row in range(2, 2 + len(FORMULAS))]
    assert [cell.value for cell in cells] == list(FORMULAS)
    assert {cell.data_type for cell in cells} == {"s"}
    assert all(cell.hyperlink is None for cell in cells)
    assert sheet.cell(2, 2).data_type == "n"
    with zipfile.ZipFile(io.BytesIO(made)) as archive:
        assert b"<f>" not in archive.read(SHEET)


def test_an_exported_file_can_be_imported_again_in_both_formats() -> None:
    rows = [("=Ada", "ada@example.com"), ("Bob", "bob@example.com")]
    as_workbook = read(as_csv(workbook(("name", "email"), rows)))
    as_text = read(as_csv(csv_text(("name", "email"), rows).encode("utf-8-sig")))
    assert [line.name for line in as_workbook] == ["=Ada", "Bob"]
    assert [line.name for line in as_text] == ["'=Ada", "Bob"]
    assert list(csv.reader(io.StringIO(csv_text(("a",), [("@x",)]))))[1] == ["'@x"]
