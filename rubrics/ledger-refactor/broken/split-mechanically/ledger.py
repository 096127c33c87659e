"""Household ledger."""

import re
import sys
from decimal import ROUND_HALF_UP, Decimal

USAGE = "usage: ledger.py FILE report|register ACCOUNT|budget|csv [--month YYYY-MM]"
entries = []
budgets = {}
problems = []
month = None
words = []
parts = []
account = ""
balance = 0
balances = {}
line_number = 0


class StopError(Exception):
    """The command ends here."""


def main(argv: list[str]) -> int:
    """Run the command line and return its exit code."""
    try:
        step1(list(argv))
        step2()
        step3()
    except StopError as error:
        print(error, file=sys.stderr)
        return 2
    for problem in problems:
        print(problem, file=sys.stderr)
    return 1 if problems else 0


def step1(argv: list[str]) -> None:
    """Read the command line."""
    global month, words
    month, words = None, []
    while argv:
        word = argv.pop(0)
        if word != "--month":
            words.append(word)
            continue
        if not argv:
            raise StopError(USAGE)
        month = argv.pop(0)
        if not re.fullmatch("[0-9]{4}-(0[1-9]|1[0-2])", month):
            raise StopError(f"bad month {month!r}")
    step1b()


def step1b() -> None:
    """Check the words of the command line."""
    is_register = len(words) == 3 and words[1] == "register"
    is_other = len(words) == 2 and words[1] in {"report", "budget", "csv"}
    if not is_register and not is_other:
        raise StopError(USAGE)


def step2() -> None:
    """Read the book."""
    global entries, budgets, problems, line_number
    entries, budgets, problems, line_number = [], {}, [], 0
    try:
        with open(words[0], encoding="utf-8") as lines:
            for line in lines:
                line_number += 1
                step2a(line.strip())
    except (OSError, UnicodeDecodeError) as error:
        raise StopError(f"cannot read {words[0]}") from error
    entries.sort(key=lambda entry: entry[0])


def step2a(line: str) -> None:
    """Read one line."""
    global parts
    if not line or line.startswith("#"):
        return
    parts = [part.strip() for part in line.split(";")]
    if len(parts) < (3 if parts[0] == "budget" else 4):
        problems.append(f"line {line_number}: too few fields")
    elif parts[0] == "budget":
        step2b()
    else:
        step2c()


def step2b() -> None:
    """Read a budget."""
    if step2e(1):
        cents = step2f(2)
        if cents:
            budgets[parts[1]] = cents


def step2c() -> None:
    """Read an entry."""
    written = re.fullmatch(r"([0-9]{4})-([0-9]{2})-([0-9]{2})(?:\+([0-9]{1,3}))?", parts[0])
    days = step2d([int(part or 1) for part in written.groups()]) if written else []
    if not days:
        problems.append(f"line {line_number}: bad date {parts[0]!r}")
        return
    if step2e(1) and step2e(2):
        cents = step2f(3)
        if cents:
            entries.extend([day, parts[1], parts[2], cents, ";".join(parts[4:])] for day in days)


def step2d(numbers: list[int]) -> list[str]:
    """Count the days."""
    year, month_number, day, times = numbers
    if year == 0 or not 1 <= month_number <= 12 or not 1 <= day <= step2g(year, month_number):
        return []
    days = []
    for _ in range(times):
        days.append(f"{year:04}-{month_number:02}-{min(day, step2g(year, month_number)):02}")
        year, month_number = (year + 1, 1) if month_number == 12 else (year, month_number + 1)
    return days


def step2e(position: int) -> bool:
    """Check an account."""
    if re.fullmatch("[a-z][a-z0-9-]*(:[a-z][a-z0-9-]*)*", parts[position]):
        return True
    problems.append(f"line {line_number}: bad account {parts[position]!r}")
    return False


def step2f(position: int) -> int:
    """Read an amount."""
    written = re.fullmatch(
        r"([0-9]+|[0-9]{1,3}(?:,[0-9]{3})+)(\.[0-9]{1,2})?( [A-Z]{3}@([0-9]+(\.[0-9]+)?))?", parts[position]
    )
    cents = 0
    if written:
        exact = Decimal(written[1].replace(",", "") + (written[2] or "")) * 100 * Decimal(written[4] or 1)
        cents = int(exact.quantize(Decimal(1), ROUND_HALF_UP))
    if cents == 0:
        problems.append(f"line {line_number}: bad amount {parts[position]!r}")
    return cents


def step2g(year: int, month_number: int) -> int:
    """Count the days of a month."""
    if month_number == 2:
        return 29 if (year % 4 == 0 and year % 100 != 0) or year % 400 == 0 else 28
    return 30 if month_number in {4, 6, 9, 11} else 31


def step3() -> None:
    """Print."""
    {"report": step3a, "register": step3b, "budget": step3c, "csv": step3d}[words[1]]()


def step3a() -> None:
    """Print balances."""
    global balances
    balances = {}
    count = 0
    for entry in entries:
        if month is None or entry[0][:7] == month:
            count += 1
            step3e(entry[1], -entry[3])
            step3e(entry[2], entry[3])
    for name in sorted(balances, key=lambda one: one.split(":")):
        if balances[name]:
            label = "  " * name.count(":") + name.split(":")[-1]
            print(label.ljust(30) + step4(balances[name]).rjust(14))
    print("1 entry" if count == 1 else f"{count} entries")


def step3b() -> None:
    """Print a register."""
    global account, balance
    account, balance = words[2], 0
    names = [name for entry in entries for name in entry[1:3]]
    if not any(name == account or name.startswith(account + ":") for name in names):
        raise StopError(f"no such account: {account}")
    if month is not None:
        balance = sum(step3f(entry) for entry in entries if entry[0][:7] < month)
        print((month + "     opening").ljust(47) + step4(balance).rjust(14))
    for entry in entries:
        if month is None or entry[0][:7] == month:
            step3g(entry)


def step3c() -> None:
    """Print budgets."""
    global account, month
    if month is None and entries:
        month = entries[-1][0][:7]
    for account in sorted(budgets, key=lambda one: one.split(":")):
        spent = sum(step3f(entry) for entry in entries if entry[0][:7] == month)
        planned = budgets[account]
        amounts = "".join(step4(cents).rjust(12) for cents in (spent, planned, planned - spent))
        share = f"{max(spent, 0) * 100 // planned}%"
        print(account.ljust(24) + amounts + share.rjust(6) + (" OVER" if spent > planned else ""))


def step3d() -> None:
    """Print CSV."""
    print("date,from,to,amount,text")
    for entry in entries:
        if month is None or entry[0][:7] == month:
            text = entry[4]
            if "," in text or '"' in text:
                text = '"' + text.replace('"', '""') + '"'
            print(",".join([*entry[:3], step4(entry[3]).replace(",", ""), text]))


def step3e(name: str, cents: int) -> None:
    """Add to balances."""
    names = name.split(":")
    for depth in range(1, len(names) + 1):
        above = ":".join(names[:depth])
        balances[above] = balances.get(above, 0) + cents


def step3f(entry: list) -> int:
    """Compute a change."""
    cents = 0
    if entry[1] == account or entry[1].startswith(account + ":"):
        cents -= entry[3]
    if entry[2] == account or entry[2].startswith(account + ":"):
        cents += entry[3]
    return cents


def step3g(entry: list) -> None:
    """Print one line of a register."""
    global balance
    cents = step3f(entry)
    if cents:
        balance += cents
        text = entry[4] if len(entry[4]) <= 20 else entry[4][:19] + "~"
        print(f"{entry[0]}  {text:21}{step4(cents):>14}{step4(balance):>14}")


def step4(cents: int) -> str:
    """Write an amount."""
    return f"{Decimal(cents) / 100:,.2f}"


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
