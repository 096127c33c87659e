"""Hidden suite of the take-home `bughunt-ledger`. Every test checks a sentence of brief.md and nothing else.

Tests of the criterion `fix` fail on the code as it is given out, those of `unchanged` pass on it. What a figure
must be is added up here, from the entries, without any code of the candidate's.
"""

import random
from datetime import date, timedelta
from decimal import Decimal

import pytest
from ledger import (
    BadAccount,
    BadAmount,
    BadLine,
    Ledger,
    UnbalancedEntry,
    format_amount,
    parse_amount,
    read,
)

NOVEMBER, DECEMBER, JANUARY, FEBRUARY, MARCH = (2023, 11), (2023, 12), (2024, 1), (2024, 2), (2024, 3)
BANK, CASH = "assets:bank", "assets:cash"


class Posted:
    """A candidate's book, and beside it a plain list of what was posted."""

    def __init__(self):
        self.book = Ledger()
        self.entries = []

    def post(self, day, account, amount):
        self.entries.append((day, account, Decimal(amount)))
        self.book.post(day, f"{account} {amount}", {account: Decimal(amount), "equity": -Decimal(amount)})

    def total(self, account, end):
        """Return what `account` must have before the day `end`."""
        amounts = [a for day, name, a in self.entries if day < end and f"{name}:".startswith(f"{account}:")]
        return sum(amounts, Decimal(0))


def after(month):
    """Return the first day after `month`."""
    year, number = month
    return date(year + number // 12, number % 12 + 1, 1)


@pytest.fixture
def posted():
    posted = Posted()
    posted.post(date(2023, 12, 5), BANK, "1000.00")
    posted.post(date(2024, 1, 10), BANK, "-120.50")
    posted.post(date(2024, 2, 10), CASH, "33.00")
    posted.post(date(2024, 3, 10), BANK, "7.25")
    return posted


@pytest.mark.criterion("fix")
@pytest.mark.parametrize("day", [date(2024, 1, 1), date(2024, 1, 15), date(2024, 1, 31)], ids=str)
def test_closing_of_the_month_of_a_late_entry(posted, day):
    posted.book.closing(BANK, JANUARY)
    posted.post(day, BANK, "-400.00")
    assert posted.book.closing(BANK, JANUARY) == Decimal("479.50")


@pytest.mark.criterion("fix")
def test_closings_of_all_months_from_that_of_a_late_entry(posted):
    months = (DECEMBER, JANUARY, FEBRUARY, MARCH)
    for month in months:
        posted.book.closing(BANK, month)
    posted.post(date(2024, 1, 20), BANK, "5.00")
    closings = [posted.book.closing(BANK, month) for month in months]
    assert closings == [posted.total(BANK, after(month)) for month in months]


@pytest.mark.criterion("fix")
def test_closing_of_an_account_above(posted):
    posted.book.closing("assets", JANUARY)
    posted.post(date(2024, 1, 20), CASH, "1.00")
    assert posted.book.closing("assets", JANUARY) == Decimal("880.50")


@pytest.mark.criterion("fix")
def test_statement_opens_with_what_the_month_before_closed_with(posted):
    posted.book.statement(BANK, FEBRUARY)
    posted.post(date(2024, 1, 31), BANK, "-400.00")
    assert posted.book.statement(BANK, JANUARY).closing == Decimal("479.50")
    assert posted.book.statement(BANK, FEBRUARY).opening == Decimal("479.50")


@pytest.mark.criterion("fix")
def test_statement_of_a_quiet_month_after_a_late_entry(posted):
    posted.book.statement(BANK, FEBRUARY)
    posted.post(date(2024, 1, 2), BANK, "0.50")
    statement = posted.book.statement(BANK, FEBRUARY)
    assert (statement.opening, statement.closing) == (Decimal("880.00"), Decimal("880.00"))


@pytest.mark.criterion("fix")
def test_lines_of_a_statement_start_from_the_right_balance(posted):
    posted.book.statement(BANK, MARCH)
    posted.post(date(2024, 2, 29), BANK, "0.50")
    statement = posted.book.statement(BANK, MARCH)
    assert statement.lines == ((date(2024, 3, 10), "assets:bank 7.25", Decimal("7.25"), Decimal("887.25")),)


@pytest.mark.criterion("fix")
def test_balance_after_a_late_entry(posted):
    posted.book.balance(BANK, date(2024, 2, 1))
    posted.post(date(2024, 1, 31), BANK, "-0.50")
    assert posted.book.balance(BANK, date(2024, 2, 1)) == Decimal("879.00")


@pytest.mark.criterion("fix")
def test_late_entry_in_december(posted):
    posted.book.balance(BANK, date(2024, 1, 1))
    posted.post(date(2023, 12, 31), BANK, "1.00")
    assert posted.book.balance(BANK, date(2024, 1, 1)) == Decimal("1001.00")


@pytest.mark.criterion("fix")
def test_entry_before_all_others(posted):
    assert posted.book.closing(BANK, NOVEMBER) == 0
    posted.post(date(2023, 11, 1), BANK, "10.00")
    assert posted.book.closing(BANK, NOVEMBER) == Decimal("10.00")


@pytest.mark.criterion("fix")
def test_several_late_entries_with_questions_between():
    posted = Posted()
    for amount in ("1.00", "2.00", "3.00"):
        posted.post(date(2024, 1, 9), CASH, amount)
        assert posted.book.closing(CASH, JANUARY) == posted.total(CASH, after(JANUARY))


@pytest.mark.criterion("fix")
@pytest.mark.parametrize("seed", [4, 7])
def test_any_order_of_posting_and_asking(seed):
    choice = random.Random(seed)
    posted = Posted()
    for _ in range(20):
        day = date(2023, 11, 1) + timedelta(days=choice.randrange(150))
        posted.post(day, choice.choice([BANK, CASH, "assets"]), choice.randrange(-500, 500))
        account = choice.choice([BANK, CASH, "assets"])
        asked = date(2023, 11, 1) + timedelta(days=choice.randrange(150))
        assert posted.book.balance(account, asked) == posted.total(account, asked + timedelta(days=1))


@pytest.mark.criterion("unchanged")
def test_closings_before_an_entry_are_kept(posted):
    for month in (DECEMBER, JANUARY, FEBRUARY):
        posted.book.closing("assets", month)
        posted.book.closing(BANK, month)
    posted.post(date(2024, 2, 1), BANK, "1.00")
    kept = [(account, month) for account in ("assets", BANK) for month in (DECEMBER, JANUARY)]
    assert [key for key in posted.book.kept if key in kept] == kept


@pytest.mark.criterion("unchanged")
def test_asking_keeps_closings(posted):
    assert posted.book.kept == ()
    posted.book.closing(BANK, FEBRUARY)
    posted.book.balance("assets", date(2024, 3, 3))
    assert posted.book.kept == (("assets", FEBRUARY), (BANK, FEBRUARY))


@pytest.mark.criterion("unchanged")
def test_balances_without_late_entries(posted):
    days = [date(2023, 12, 4), date(2023, 12, 5), date(2024, 1, 9), date(2024, 1, 10), date(2024, 5, 1)]
    balances = [posted.book.balance("assets", day) for day in days]
    assert balances == [posted.total("assets", day + timedelta(days=1)) for day in days]


@pytest.mark.criterion("unchanged")
def test_statement_without_late_entries(posted):
    posted.post(date(2024, 3, 31), "assets:bank:giro", "2.00")
    statement = posted.book.statement(BANK, MARCH)
    assert (statement.account, statement.month) == (BANK, MARCH)
    assert statement.opening == Decimal("879.50")
    assert statement.lines == (
        (date(2024, 3, 10), "assets:bank 7.25", Decimal("7.25"), Decimal("886.75")),
        (date(2024, 3, 31), "assets:bank:giro 2.00", Decimal("2.00"), Decimal("888.75")),
    )
    assert statement.closing == Decimal("888.75")


@pytest.mark.criterion("unchanged")
def test_entries_of_one_day_stay_in_the_order_of_posting():
    book = Ledger()
    for number, day in enumerate((7, 3, 7, 3, 5, 7)):
        assert book.post(date(2024, 1, day), f"{9 - number}", {}).text == f"{9 - number}"
    assert [entry.text for entry in book.entries] == ["8", "6", "5", "9", "7", "4"]


@pytest.mark.criterion("unchanged")
def test_similar_names_are_no_sub_accounts(posted):
    posted.post(date(2024, 1, 3), "assets:bank2", "5.00")
    assert posted.book.closing(BANK, JANUARY) == Decimal("879.50")


@pytest.mark.criterion("unchanged")
def test_refused_entries_leave_no_trace(posted):
    before = posted.book.closing(BANK, MARCH)
    with pytest.raises(UnbalancedEntry):
        posted.book.post(date(2024, 1, 1), "Odd", {BANK: Decimal("1.00")})
    with pytest.raises(BadAccount):
        posted.book.post(date(2024, 1, 1), "Odd", {"Bank": Decimal(0)})
    assert len(posted.book.entries) == 4
    assert posted.book.closing(BANK, MARCH) == before


@pytest.mark.criterion("unchanged")
@pytest.mark.parametrize("name", ["", "Assets", "assets:", "assets bank"])
def test_names_that_are_no_accounts_are_refused(name):
    with pytest.raises(BadAccount):
        Ledger().closing(name, JANUARY)


@pytest.mark.criterion("unchanged")
def test_amounts():
    assert parse_amount(" -1,234.5 ") == Decimal("-1234.50")
    assert format_amount(Decimal("-1234567.5")) == "-1,234,567.50"
    with pytest.raises(BadAmount):
        parse_amount("1,23.00")


@pytest.mark.criterion("unchanged")
def test_reading_a_book():
    lines = ["# a book", "", "2024-02-01; Cash; assets:cash 50.00; assets:bank -50.00", "2024-01-01; Nothing"]
    book = read(lines)
    assert [entry.text for entry in book.entries] == ["Nothing", "Cash"]
    assert book.balance(CASH, date(2024, 2, 1)) == 50
    with pytest.raises(BadLine, match="line 3"):
        read([*lines[:2], "2024-02-30; Odd"])
