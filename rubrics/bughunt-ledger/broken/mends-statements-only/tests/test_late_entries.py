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


def test_a_statement_opens_with_what_the_month_before_closed_with(book):
    """As the book-keeper met it."""
    assert book.statement("assets:bank", FEBRUARY).opening == 1000
    post(book, date(2024, 1, 31), -400)
    assert book.statement("assets:bank", JANUARY).closing == 600
    assert book.statement("assets:bank", FEBRUARY).opening == 600


def test_a_late_entry_changes_all_later_months(book):
    assert [book.closing("assets", month) for month in (JANUARY, FEBRUARY, MARCH)] == [1000, 1010, 1010]
    post(book, date(2023, 12, 31), 1)
    assert [book.closing("assets", month) for month in (JANUARY, FEBRUARY, MARCH)] == [1001, 1011, 1011]
