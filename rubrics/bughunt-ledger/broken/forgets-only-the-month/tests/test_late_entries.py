"""Entries that are posted after their month was looked at: figures must not depend on who asked when."""

from datetime import date
from decimal import Decimal

import pytest

from ledger import Ledger

JANUARY, FEBRUARY, MARCH = (2024, 1), (2024, 2), (2024, 3)


@pytest.fixture
def book():
    book = Ledger()
    post(book, date(2023, 12, 30), 1000)
    post(book, date(2024, 2, 10), 10)
    return book


def post(book, day, amount):
    book.post(day, "Receipt", {"assets:bank": Decimal(amount), "income": Decimal(-amount)})


@pytest.mark.parametrize("day", [date(2024, 1, 1), date(2024, 1, 17), date(2024, 1, 31)])
def test_a_late_entry_changes_the_closing_balance_of_its_month(book, day):
    """The bug: the closing balance of the entry's own month was kept."""
    assert book.closing("assets:bank", JANUARY) == 1000
    post(book, day, -400)
    assert book.closing("assets:bank", JANUARY) == 600


def test_a_statement_opens_with_what_the_month_before_closed_with(book):
    """As the book-keeper met it."""
    assert book.statement("assets:bank", FEBRUARY).opening == 1000
    post(book, date(2024, 1, 31), -400)
    assert book.statement("assets:bank", JANUARY).closing == 600
    assert book.statement("assets:bank", FEBRUARY).opening == 600
    assert book.balance("assets", date(2024, 2, 9)) == 600
