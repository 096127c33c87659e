"""What can be printed of a journal: strategies, made by a factory, that write to a sink."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass

from journal import Entry, Journal
from money import format_amount

TEXT_WIDTH = 20


class LineSink(ABC):
    """Somewhere to write lines."""

    @abstractmethod
    def write(self, line: str) -> None:
        """Take one line."""


class ListSink(LineSink):
    """Keeps lines."""

    def __init__(self) -> None:
        self.lines: list[str] = []

    def write(self, line: str) -> None:
        """Take one line."""
        self.lines.append(line)


class EntryFilter(ABC):
    """Chooses entries."""

    @abstractmethod
    def accepts(self, entry: Entry) -> bool:
        """Tell whether the entry counts."""


class AllEntries(EntryFilter):
    """Chooses all."""

    def accepts(self, entry: Entry) -> bool:
        """Tell whether the entry counts."""
        return bool(entry)


@dataclass
class MonthFilter(EntryFilter):
    """Chooses those of a month."""

    month: str

    def accepts(self, entry: Entry) -> bool:
        """Tell whether the entry counts."""
        return entry.month == self.month


class FilterFactory:
    """Makes filters."""

    @staticmethod
    def create(month: str | None) -> EntryFilter:
        """Make a filter for a month, or for all."""
        return AllEntries() if month is None else MonthFilter(month)


class TextFormatter(ABC):
    """Writes a text."""

    @abstractmethod
    def format(self, text: str) -> str:
        """Write the text."""


class ShorteningFormatter(TextFormatter):
    """Shortens."""

    def format(self, text: str) -> str:
        """Write the text."""
        return text if len(text) <= TEXT_WIDTH else text[: TEXT_WIDTH - 1] + "~"


class QuotingFormatter(TextFormatter):
    """Quotes."""

    def format(self, text: str) -> str:
        """Write the text."""
        if "," in text or '"' in text:
            return '"' + text.replace('"', '""') + '"'
        return text


@dataclass
class ReportContext:
    """What a report needs."""

    journal: Journal
    month: str | None
    account: str
    sink: LineSink

    def entries(self) -> list[Entry]:
        """Give the chosen entries."""
        chosen = FilterFactory.create(self.month)
        return [entry for entry in self.journal.entries if chosen.accepts(entry)]


class ReportStrategy(ABC):
    """Prints a report."""

    def __init__(self, context: ReportContext) -> None:
        self.context = context

    @abstractmethod
    def execute(self) -> None:
        """Write the report to the sink."""


class BalancesStrategy(ReportStrategy):
    """Prints balances."""

    def execute(self) -> None:
        """Write the report to the sink."""
        entries = self.context.entries()
        cents: Counter[str] = Counter()
        for entry in entries:
            for account in AccountPath(entry.source).with_parents():
                cents[account] -= entry.cents
            for account in AccountPath(entry.target).with_parents():
                cents[account] += entry.cents
        for account in sorted(cents, key=lambda name: AccountPath(name).parts()):
            if cents[account]:
                *above, name = AccountPath(account).parts()
                label = "  " * len(above) + name
                self.context.sink.write(f"{label:30}{format_amount(cents[account]):>14}")
        self.context.sink.write("1 entry" if len(entries) == 1 else f"{len(entries)} entries")


class RegisterStrategy(ReportStrategy):
    """Prints a register."""

    def execute(self) -> None:
        """Write the report to the sink."""
        balance = 0
        month, account = self.context.month, self.context.account
        if month is not None:
            earlier = [entry for entry in self.context.journal.entries if entry.month < month]
            balance = sum(entry.change_of(account) for entry in earlier)
            self.context.sink.write(f"{month + '     opening':47}{format_amount(balance):>14}")
        for entry in self.context.entries():
            change = entry.change_of(account)
            if change:
                balance += change
                text = ShorteningFormatter().format(entry.text)
                amounts = f"{format_amount(change):>14}{format_amount(balance):>14}"
                self.context.sink.write(f"{entry.day}  {text:21}{amounts}")


class BudgetStrategy(ReportStrategy):
    """Prints budgets."""

    def execute(self) -> None:
        """Write the report to the sink."""
        journal = self.context.journal
        if self.context.month is None and journal.entries:
            self.context.month = journal.entries[-1].month
        entries = self.context.entries()
        for account in sorted(journal.budgets, key=lambda name: AccountPath(name).parts()):
            planned = journal.budgets[account]
            spent = sum(entry.change_of(account) for entry in entries)
            amounts = "".join(f"{format_amount(cents):>12}" for cents in (spent, planned, planned - spent))
            share = f"{max(spent, 0) * 100 // planned}%"
            self.context.sink.write(f"{account:24}{amounts}{share:>6}{' OVER' if spent > planned else ''}")


class CsvStrategy(ReportStrategy):
    """Prints CSV."""

    def execute(self) -> None:
        """Write the report to the sink."""
        self.context.sink.write("date,from,to,amount,text")
        for entry in self.context.entries():
            amount = format_amount(entry.cents).replace(",", "")
            text = QuotingFormatter().format(entry.text)
            self.context.sink.write(f"{entry.day},{entry.source},{entry.target},{amount},{text}")


@dataclass
class AccountPath:
    """The name of an account, in parts."""

    name: str

    def parts(self) -> list[str]:
        """Give the parts."""
        return self.name.split(":")

    def with_parents(self) -> list[str]:
        """Give the account and those above it."""
        parts = self.parts()
        return [":".join(parts[:depth]) for depth in range(1, len(parts) + 1)]


class ReportFactory:
    """Makes reports."""

    STRATEGIES: dict[str, type[ReportStrategy]] = {
        "report": BalancesStrategy,
        "register": RegisterStrategy,
        "budget": BudgetStrategy,
        "csv": CsvStrategy,
    }

    @classmethod
    def create(cls, name: str, context: ReportContext) -> ReportStrategy:
        """Make the report of that name."""
        return cls.STRATEGIES[name](context)


def lines_of(name: str, journal: Journal, month: str | None, account: str = "") -> Iterator[str]:
    """Give the lines of a report."""
    sink = ListSink()
    ReportFactory.create(name, ReportContext(journal, month, account, sink)).execute()
    return iter(sink.lines)
