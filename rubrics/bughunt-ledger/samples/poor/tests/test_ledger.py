"""The tests that the ledger has had so far. All of them pass."""

from datetime import date
from decimal import Decimal

import pytest

from ledger import BadAmount, BadLine, Ledger, UnbalancedEntry, format_amount, parse_amount, read

BOOK = """\
# the first quarter
2024-01-02; Start; assets:bank 1,000.00; equity -1,000.00
2024-01-31; Rent; expenses:rent 400.00; assets:bank -400.00
2024-02-01; Cash; assets:cash 50.00; assets:bank -50.00
2024-02-29; Bread; expenses:food 4.20; assets:cash -4.20
"""


@pytest.fixture
def book():
    return read(BOOK.splitlines())


def test_balances(book):
    assert book.balance("assets:bank", date(2024, 1, 30)) == 1000
    assert book.balance("assets:bank", date(2024, 1, 31)) == 600
    assert book.balance("assets", date(2024, 2, 29)) == Decimal("595.80")


def test_statement(book):
    statement = book.statement("assets:bank", (2024, 2))
    assert statement.opening == 600
    assert statement.lines == ((date(2024, 2, 1), "Cash", -50, 550),)
    assert statement.closing == 550


def test_closing_balances_are_kept(book):
    book.closing("assets", (2024, 1))
    assert book.kept == (("assets", (2024, 1)),)


def test_unbalanced_entries_are_refused():
    with pytest.raises(UnbalancedEntry):
        Ledger().post(date(2024, 1, 1), "Odd", {"assets": Decimal(1)})


@pytest.mark.parametrize("text", ["", "1.234", "12,34", "ten"])
def test_odd_amounts_are_refused(text):
    with pytest.raises(BadAmount):
        parse_amount(text)


def test_amounts_as_people_write_them():
    assert format_amount(parse_amount("-1,234.5")) == "-1,234.50"


def test_a_bad_line_is_named():
    with pytest.raises(BadLine, match="line 2"):
        read(["2024-01-01; Nothing", "2024-01-01; Odd; assets 1.00"])
