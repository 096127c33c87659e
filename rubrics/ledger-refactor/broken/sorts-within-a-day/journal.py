"""The journal: its entries, its budgets, and the lines that make no sense."""

import calendar
import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from datetime import date

from money import BadAmountError, parse_amount

_ACCOUNT = re.compile(r"[a-z][a-z0-9-]*(:[a-z][a-z0-9-]*)*")
_DATE = re.compile(r"(?P<first>[0-9]{4}-[0-9]{2}-[0-9]{2})(\+(?P<times>[0-9]{1,3}))?")


class BadLineError(ValueError):
    """A line that is no entry and no budget; the text says why."""


@dataclass(frozen=True)
class Entry:
    """Money that went from one account to another."""

    day: date
    source: str
    target: str
    cents: int
    text: str

    @property
    def month(self) -> str:
        """The month as `2026-03`."""
        return f"{self.day:%Y-%m}"

    def change_of(self, account: str) -> int:
        """Say what `account` and its sub-accounts got, in cents."""
        return self.cents * (is_within(self.target, account) - is_within(self.source, account))

    def touches(self, account: str) -> bool:
        """Tell whether the entry is about `account` or a sub-account."""
        return is_within(self.source, account) or is_within(self.target, account)


def is_within(name: str, account: str) -> bool:
    """Tell whether the account `name` is `account` or one of its sub-accounts."""
    return name == account or name.startswith(f"{account}:")


@dataclass
class Journal:
    """What a file says. Entries are in the order of their days, those of one day in that of the file."""

    entries: list[Entry] = field(default_factory=list)
    budgets: dict[str, int] = field(default_factory=dict)
    problems: list[str] = field(default_factory=list)


def read_journal(lines: Iterable[str]) -> Journal:
    """Read a journal. Lines that make no sense become problems."""
    journal = Journal()
    for number, line in enumerate(lines, start=1):
        text = line.strip()
        if not text or text.startswith("#"):
            continue
        fields = [part.strip() for part in text.split(";")]
        try:
            if fields[0] == "budget":
                _add_budget(journal, fields)
            else:
                journal.entries.extend(_parse_entries(fields))
        except BadLineError as error:
            journal.problems.append(f"line {number}: {error}")
    journal.entries.sort(key=lambda entry: (entry.day, entry.text))
    return journal


def _add_budget(journal: Journal, fields: list[str]) -> None:
    if len(fields) < 3:
        raise BadLineError("too few fields")
    account = _checked_account(fields[1])
    journal.budgets[account] = _checked_amount(fields[2])


def _parse_entries(fields: list[str]) -> list[Entry]:
    if len(fields) < 4:
        raise BadLineError("too few fields")
    days = list(_days(fields[0]))
    source, target = _checked_account(fields[1]), _checked_account(fields[2])
    cents = _checked_amount(fields[3])
    return [Entry(day, source, target, cents, ";".join(fields[4:])) for day in days]


def _checked_account(name: str) -> str:
    if not _ACCOUNT.fullmatch(name):
        raise BadLineError(f"bad account {name!r}")
    return name


def _checked_amount(text: str) -> int:
    try:
        return parse_amount(text)
    except BadAmountError as error:
        raise BadLineError(f"bad amount {text!r}") from error


def _days(text: str) -> Iterator[date]:
    """Give the days of `2026-01-31`, or of `2026-01-31+3`: in so many months, at the latest on their last days."""
    written = _DATE.fullmatch(text)
    times = int(written["times"] or 1) if written else 0
    if written is None or times == 0:
        raise BadLineError(f"bad date {text!r}")
    try:
        first = date.fromisoformat(written["first"])
    except ValueError as error:
        raise BadLineError(f"bad date {text!r}") from error
    for months in range(times):
        years, month = divmod(first.month - 1 + months, 12)
        year = first.year + years
        last = calendar.monthrange(year, month + 1)[1]
        yield date(year, month + 1, min(first.day, last))
