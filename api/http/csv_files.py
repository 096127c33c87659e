"""CSV that a spreadsheet opens without running anything that is in it."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterable, Sequence
from typing import Final

STARTS_A_FORMULA: Final = ("=", "+", "-", "@", "\t", "\r", "\n")


def safe(cell: object) -> str:
    """A cell as text; what a spreadsheet would compute begins with an apostrophe."""
    text = str(cell).replace("\0", "")
    return f"'{text}" if text.startswith(STARTS_A_FORMULA) else text


def csv_text(columns: Sequence[str], rows: Iterable[Sequence[object]]) -> str:
    """A whole file, with its line of names."""
    made = io.StringIO(newline="")
    writer = csv.writer(made)
    writer.writerow(columns)
    writer.writerows([safe(cell) for cell in row] for row in rows)
    return made.getvalue()
