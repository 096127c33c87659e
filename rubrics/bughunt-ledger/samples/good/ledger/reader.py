"""Reads a book from text: one entry per line, as day; text; account amount; account amount …"""

from collections.abc import Iterable
from datetime import date

from ledger.book import Ledger
from ledger.money import parse_amount


class BadLine(ValueError):
    """A line cannot be read; the message says which one and why."""


def read(lines: Iterable[str]) -> Ledger:
    """Return the book that `lines` tell. Empty lines and lines that begin with # are skipped.

    Raises:
        BadLine: a line is not an entry, or not a balanced one.
    """
    book = Ledger()
    for number, line in enumerate(lines, start=1):
        if line.strip() and not line.startswith("#"):
            try:
                _post(book, line)
            except ValueError as error:
                raise BadLine(f"line {number}: {error}") from error
    return book


def _post(book: Ledger, line: str) -> None:
    day, text, *parts = (part.strip() for part in line.split(";"))
    amounts = {}
    for part in parts:
        account, amount = part.split()
        amounts[account] = parse_amount(amount)
    book.post(date.fromisoformat(day), text, amounts)
