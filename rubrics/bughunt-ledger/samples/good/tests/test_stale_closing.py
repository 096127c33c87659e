"""A closing balance that was looked at must not survive an entry in its month."""

from datetime import date

from ledger import Ledger


def test_entry_in_a_month_that_was_asked_for():
    book = Ledger()
    book.post(date(2024, 1, 2), "Start", {"assets:bank": 1000, "equity": -1000})
    assert book.statement("assets:bank", (2024, 2)).opening == 1000
    book.post(date(2024, 1, 31), "Rent", {"assets:bank": -400, "expenses": 400})
    assert book.statement("assets:bank", (2024, 1)).closing == 600
    assert book.statement("assets:bank", (2024, 2)).opening == 600
