"""Opening and closing balances agree."""

from datetime import date
from decimal import Decimal

from ledger import Ledger


def test_a_statement_opens_with_what_the_month_before_closed_with():
    book = Ledger()
    for day, amount in ((date(2023, 12, 30), 1000), (date(2024, 2, 10), 10), (date(2024, 1, 31), -400)):
        book.post(day, "Receipt", {"assets:bank": Decimal(amount), "income": Decimal(-amount)})
    assert book.statement("assets:bank", (2024, 1)).closing == 600
    assert book.statement("assets:bank", (2024, 2)).opening == 600
