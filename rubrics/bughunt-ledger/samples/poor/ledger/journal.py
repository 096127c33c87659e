"""Entries: what happened on one day, as amounts on accounts that add up to nothing."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from decimal import Decimal

from ledger.accounts import check_account, is_within


class UnbalancedEntry(ValueError):
    """The amounts of an entry do not add up to zero."""


@dataclass(frozen=True)
class Entry:
    """One entry. `amounts` says what each account got (positive) or gave (negative)."""

    day: date
    text: str
    amounts: Mapping[str, Decimal]

    def __post_init__(self) -> None:
        for account in self.amounts:
            check_account(account)
        total = sum(self.amounts.values(), Decimal(0))
        if total:
            raise UnbalancedEntry(f"{self.day} {self.text}: {total} too much")

    def amount(self, account: str) -> Decimal:
        """Return what `account` and its sub-accounts got in all."""
        return sum(
            (amount for name, amount in self.amounts.items() if is_within(name, account)),
            Decimal(0),
        )
