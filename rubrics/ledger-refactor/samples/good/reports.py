"""What can be printed of a journal, line by line. A month is written as `2026-03`; None stands for all of them."""

from collections import Counter
from collections.abc import Iterator

from journal import Entry, Journal
from money import format_amount

TEXT_WIDTH = 20


def balances(journal: Journal, month: str | None) -> Iterator[str]:
    """Give the balance of every account, under that of the account above it."""
    entries = _of_month(journal, month)
    cents: Counter[str] = Counter()
    for entry in entries:
        for account in _with_parents(entry.source):
            cents[account] -= entry.cents
        for account in _with_parents(entry.target):
            cents[account] += entry.cents
    for account in sorted(cents, key=_by_parts):
        if cents[account]:
            *above, name = account.split(":")
            label = "  " * len(above) + name
            yield f"{label:30}{format_amount(cents[account]):>14}"
    yield "1 entry" if len(entries) == 1 else f"{len(entries)} entries"


def register(journal: Journal, account: str, month: str | None) -> Iterator[str]:
    """Give what happened to an account and its sub-accounts, with the balance after each entry."""
    balance = 0
    if month is not None:
        balance = sum(entry.change_of(account) for entry in journal.entries if entry.month < month)
        yield f"{month + '     opening':47}{format_amount(balance):>14}"
    for entry in _of_month(journal, month):
        change = entry.change_of(account)
        if change:
            balance += change
            amounts = f"{format_amount(change):>14}{format_amount(balance):>14}"
            yield f"{entry.day}  {_shortened(entry.text):21}{amounts}"


def budget(journal: Journal, month: str | None) -> Iterator[str]:
    """Give what was spent of each budget in a month; that of the last entry if none is given."""
    if month is None and journal.entries:
        month = journal.entries[-1].month
    entries = _of_month(journal, month)
    for account in sorted(journal.budgets, key=_by_parts):
        planned = journal.budgets[account]
        spent = sum(entry.change_of(account) for entry in entries)
        amounts = "".join(f"{format_amount(cents):>12}" for cents in (spent, planned, planned - spent))
        share = f"{max(spent, 0) * 100 // planned}%"
        yield f"{account:24}{amounts}{share:>6}{' OVER' if spent > planned else ''}"


def csv_rows(journal: Journal, month: str | None) -> Iterator[str]:
    """Give all entries as comma-separated values."""
    yield "date,from,to,amount,text"
    for entry in _of_month(journal, month):
        amount = format_amount(entry.cents).replace(",", "")
        yield f"{entry.day},{entry.source},{entry.target},{amount},{_quoted(entry.text)}"


def _of_month(journal: Journal, month: str | None) -> list[Entry]:
    return [entry for entry in journal.entries if month in {None, entry.month}]


def _with_parents(account: str) -> Iterator[str]:
    """Give `a`, `a:b` and `a:b:c` for `a:b:c`."""
    parts = account.split(":")
    return (":".join(parts[:depth]) for depth in range(1, len(parts) + 1))


def _by_parts(account: str) -> list[str]:
    return account.split(":")


def _shortened(text: str) -> str:
    return text if len(text) <= TEXT_WIDTH else text[: TEXT_WIDTH - 1] + "~"


def _quoted(text: str) -> str:
    if "," in text or '"' in text:
        return '"' + text.replace('"', '""') + '"'
    return text
