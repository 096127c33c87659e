"""Amounts of money: decimals with two places, written as 1,234.50 by people."""

import re
from decimal import Decimal

_AMOUNT = re.compile(r"[+-]?(\d+|\d{1,3}(,\d{3})+)(\.\d{1,2})?")
CENT = Decimal("0.01")


class BadAmount(ValueError):
    """This is no amount of money."""


def parse_amount(text: str) -> Decimal:
    """Return the amount that `text` says, with two decimal places.

    Raises:
        BadAmount: not a number, more than two places, or commas in odd places.
    """
    if not _AMOUNT.fullmatch(text.strip()):
        raise BadAmount(f"not an amount of money: {text!r}")
    return Decimal(text.strip().replace(",", "")).quantize(CENT)


def format_amount(amount: Decimal) -> str:
    """Return `amount` as people write it."""
    return f"{amount.quantize(CENT):,}"
