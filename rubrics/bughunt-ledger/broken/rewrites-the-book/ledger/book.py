"""The book: all entries in the order of their days, and what they come to."""

import bisect
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import date
from decimal import Decimal

from ledger.accounts import check_account
from ledger.journal import Entry
from ledger.money import CENT
from ledger.months import Month, first_day, last_day, month_before, month_of

Key = tuple[str, Month]
Line = tuple[date, str, Decimal, Decimal]


@dataclass(frozen=True)
class Statement:
    """One account in one month. Each line is (day, text, amount, balance after it)."""

    account: str
    month: Month
    opening: Decimal
    lines: tuple[Line, ...]
    closing: Decimal


class Ledger:
    """A book that one may post to in any order. Closing balances are added up once and kept."""

    def __init__(self) -> None:
        self._days: list[date] = []
        self._journal: list[Entry] = []
        self._cache: dict[Key, Decimal] = {}

    @property
    def entries(self) -> tuple[Entry, ...]:
        """All entries by day; those of one day in the order in which they were posted."""
        return tuple(entry for entry in self._journal)

    @property
    def kept(self) -> tuple[Key, ...]:
        """The accounts and months whose closing balance is known without adding up, sorted."""
        return tuple(sorted(key for key in self._cache))

    def post(self, day: date, text: str, amounts: Mapping[str, Decimal]) -> Entry:
        """Add an entry and return it.

        Raises:
            BadAccount, UnbalancedEntry: it is not added.
        """
        new_entry = Entry(day, text, dict(amounts))
        position = bisect.bisect_right(self._days, day)
        self._days.insert(position, day)
        self._journal.insert(position, new_entry)
        self._invalidate(month_of(day))
        return new_entry

    def closing(self, account: str, month: Month) -> Decimal:
        """Return the balance of `account`, sub-accounts included, at the end of `month`."""
        check_account(account)
        cached = self._cache.get((account, month))
        if cached is None:
            cached = self._total(account, 0, self._end_of(last_day(month)))
            self._cache[account, month] = cached
        return cached

    def balance(self, account: str, day: date) -> Decimal:
        """Return the balance of `account`, sub-accounts included, at the end of `day`."""
        start_of_month = self._start_of(first_day(month_of(day)))
        opening = self.closing(account, month_before(month_of(day)))
        return opening + self._total(account, start_of_month, self._end_of(day))

    def statement(self, account: str, month: Month) -> Statement:
        """Return all that happened to `account`, sub-accounts included, in `month`."""
        opening = self.closing(account, month_before(month))
        lines = tuple(self._lines(account, month, opening))
        closing = lines[-1][-1] if lines else opening
        return Statement(account, month, opening, lines, closing)

    def _lines(self, account: str, month: Month, opening: Decimal) -> Iterator[Line]:
        running = opening
        for entry in self._journal[self._start_of(first_day(month)) : self._end_of(last_day(month))]:
            amount = entry.amount(account)
            if amount:
                running += amount
                yield entry.day, entry.text, amount, running

    def _start_of(self, day: date) -> int:
        return bisect.bisect_left(self._days, day)

    def _end_of(self, day: date) -> int:
        return bisect.bisect_right(self._days, day)

    def _total(self, account: str, start: int, end: int) -> Decimal:
        total = Decimal(0)
        for entry in self._journal[start:end]:
            total += entry.amount(account)
        return total.quantize(CENT)

    def _invalidate(self, changed: Month) -> None:
        stale = [key for key in self._cache if key[1] >= changed]
        for key in stale:
            del self._cache[key]
