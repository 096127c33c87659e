"""A small double-entry ledger."""

from ledger.accounts import BadAccount
from ledger.book import Ledger, Statement
from ledger.journal import Entry, UnbalancedEntry
from ledger.money import BadAmount, format_amount, parse_amount
from ledger.reader import BadLine, read

__all__ = [
    "BadAccount",
    "BadAmount",
    "BadLine",
    "Entry",
    "Ledger",
    "Statement",
    "UnbalancedEntry",
    "format_amount",
    "parse_amount",
    "read",
]
