"""Amounts of money in whole cents: how people write them, and how they are printed."""

import re
from decimal import ROUND_HALF_UP, Decimal

_PLAIN = re.compile(r"([0-9]+|[0-9]{1,3}(,[0-9]{3})+)(\.[0-9]{1,2})?")
_CONVERTED = re.compile(r"(?P<plain>\S+) [A-Z]{3}@(?P<rate>[0-9]+(\.[0-9]+)?)")


class BadAmountError(ValueError):
    """This is no amount of money."""


def parse_amount(text: str) -> int:
    """Read an amount such as `1,234.50` or `10.00 USD@0.92`, in cents.

    Raises:
        BadAmountError: it is written in another way, or comes to nothing.
    """
    converted = _CONVERTED.fullmatch(text)
    if converted:
        exact = _parse_plain(converted["plain"]) * Decimal(converted["rate"])
        cents = int(exact.quantize(Decimal(1), ROUND_HALF_UP))
    else:
        cents = _parse_plain(text)
    if cents == 0:
        raise BadAmountError(f"{text!r} comes to nothing")
    return cents


def _parse_plain(text: str) -> int:
    if not _PLAIN.fullmatch(text):
        raise BadAmountError(f"{text!r} is no amount")
    return int(Decimal(text.replace(",", "")) * 100)


def format_amount(cents: int) -> str:
    """Write cents as people read them: `-1,234.50`."""
    return f"{Decimal(cents) / 100:,.2f}"
