"""Household ledger: prints balances, registers, budgets and CSV of a journal.

Usage: ledger.py FILE report|register ACCOUNT|budget|csv [--month YYYY-MM]
"""

import re
import sys
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from journal import Journal, read_journal
from reports import balances, budget, csv_rows, register

USAGE = "usage: ledger.py FILE report|register ACCOUNT|budget|csv [--month YYYY-MM]"
EXIT_BAD_LINES = 1
EXIT_REFUSED = 2
COMMANDS = {"report": balances, "budget": budget, "csv": csv_rows}
_MONTH = re.compile(r"[0-9]{4}-(0[1-9]|1[0-2])")


class RefusedError(Exception):
    """The command cannot be carried out; the text says why."""


@dataclass(frozen=True)
class Command:
    """What the command line asks for. `account` is there for registers only."""

    path: str
    name: str
    account: str
    month: str | None


def parse_arguments(argv: Sequence[str]) -> Command:
    """Read the command line.

    Raises:
        RefusedError: it is wrong.
    """
    words: list[str] = []
    month = None
    remaining = iter(argv)
    for word in remaining:
        if word == "--month":
            month = _parse_month(next(remaining, None))
        else:
            words.append(word)
    match words:
        case [path, "register", account]:
            return Command(path, "register", account, month)
        case [path, name] if name in COMMANDS:
            return Command(path, name, "", month)
        case _:
            raise RefusedError(USAGE)


def _parse_month(text: str | None) -> str:
    if text is None:
        raise RefusedError(USAGE)
    if not _MONTH.fullmatch(text):
        raise RefusedError(f"bad month {text!r}")
    return text


def load(path: str) -> Journal:
    """Read the journal of a file.

    Raises:
        RefusedError: it cannot be read.
    """
    try:
        with open(path, encoding="utf-8") as lines:
            return read_journal(lines)
    except (OSError, UnicodeDecodeError) as error:
        raise RefusedError(f"cannot read {path}") from error


def output(command: Command, journal: Journal) -> Iterator[str]:
    """Give the lines that the command prints.

    Raises:
        RefusedError: no entry is about the account of a register.
    """
    if command.name != "register":
        return COMMANDS[command.name](journal, command.month)
    if not any(entry.touches(command.account) for entry in journal.entries):
        raise RefusedError(f"no such account: {command.account}")
    return register(journal, command.account, command.month)


def main(argv: Sequence[str]) -> int:
    """Run the command line and return its exit code."""
    try:
        command = parse_arguments(argv)
        journal = load(command.path)
        lines = output(command, journal)
    except RefusedError as error:
        print(error, file=sys.stderr)
        return EXIT_REFUSED
    for line in lines:
        print(line)
    for problem in journal.problems:
        print(problem, file=sys.stderr)
    return EXIT_BAD_LINES if journal.problems else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
