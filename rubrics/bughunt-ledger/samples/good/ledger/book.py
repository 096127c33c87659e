"""The book: all entries in the order of their days, and what they come to."""

from bisect import insort
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from operator import attrgetter

from ledger.accounts import check_account
from ledger.journal import Entry
from ledger.money import CENT
from ledger.months import Month, first_day, last_day, month_before, month_of


@dataclass(frozen=True)
class Statement:
    """One account in one month. Each line is (day, text, amount, balance after it)."""

    account: str
    month: Month
    opening: Decimal
    lines: tuple[tuple[date, str, Decimal, Decimal], ...]
    closing: Decimal


class Ledger:
    """A book that one may post to in any order. Closing balances are added up once and kept."""

    def __init__(self) -> None:
        self._entries: list[Entry] = []
        self._closings: dict[tuple[str, Month], Decimal] = {}

    @property
    def entries(self) -> tuple[Entry, ...]:
        """All entries by day; those of one day in the order in which they were posted."""
        return tuple(self._entries)

    @property
    def kept(self) -> tuple[tuple[str, Month], ...]:
        """The accounts and months whose closing balance is known without adding up, sorted."""
        return tuple(sorted(self._closings))

    def post(self, day: date, text: str, amounts: Mapping[str, Decimal]) -> Entry:
        """Add an entry and return it.

        Raises:
            BadAccount, UnbalancedEntry: it is not added.
        """
        entry = Entry(day, text, dict(amounts))
        insort(self._entries, entry, key=attrgetter("day"))
        self._forget_closings(month_of(day))
        return entry

    def closing(self, account: str, month: Month) -> Decimal:
        """Return the balance of `account`, sub-accounts included, at the end of `month`."""
        key = (check_account(account), month)
        if key not in self._closings:
            self._closings[key] = self._added_up(account, date.min, last_day(month))
        return self._closings[key]

    def balance(self, account: str, day: date) -> Decimal:
        """Return the balance of `account`, sub-accounts included, at the end of `day`."""
        month = month_of(day)
        opening = self.closing(account, month_before(month))
        return opening + self._added_up(account, first_day(month), day)

    def statement(self, account: str, month: Month) -> Statement:
        """Return all that happened to `account`, sub-accounts included, in `month`."""
        opening = balance = self.closing(account, month_before(month))
        lines = []
        for entry in self._between(first_day(month), last_day(month)):
            amount = entry.amount(account)
            if amount:
                balance += amount
                lines.append((entry.day, entry.text, amount, balance))
        return Statement(account, month, opening, tuple(lines), balance)

    def _between(self, start: date, end: date) -> list[Entry]:
        return [entry for entry in self._entries if start <= entry.day <= end]

    def _added_up(self, account: str, start: date, end: date) -> Decimal:
        amounts = (entry.amount(account) for entry in self._between(start, end))
        return sum(amounts, Decimal(0)).quantize(CENT)

    def _forget_closings(self, changed: Month) -> None:
        """Forget the closing balances that an entry in the month `changed` has made wrong."""
        self._closings = {
            (account, month): amount
            for (account, month), amount in self._closings.items()
            if last_day(month) < first_day(changed)
        }
