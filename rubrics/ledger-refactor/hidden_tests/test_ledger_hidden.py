"""Hidden suite of ledger-refactor: what the program that is given out does, to the last blank.

Every test passes on the starter, and none knows how the code is cut into modules and functions.
"""

import ledger
import pytest

pytestmark = pytest.mark.criterion("behaviour")

USAGE = "usage: ledger.py FILE report|register ACCOUNT|budget|csv [--month YYYY-MM]\n"
MARCH = [
    "2026-03-02;assets:bank;expenses:food:market;84.20;Market",
    "2026-02-27;equity;assets:bank;2,500.00;Start",
    "2026-03-02;assets:bank;expenses:rent;700;Rent",
    "2026-04-01;expenses:rent;assets:bank;50.5;Back",
]


def row(label, amount):
    return label.ljust(30) + amount.rjust(14) + "\n"


@pytest.fixture
def run(tmp_path, capsys):
    """Run a command on a book of these lines; gives exit code, standard output and standard error."""

    def run_command(lines, *arguments):
        book = tmp_path / "book.txt"
        book.write_text("".join(f"{line}\n" for line in lines), encoding="utf-8")
        exit_code = ledger.main([str(book), *arguments])
        return (exit_code, *capsys.readouterr())

    return run_command


@pytest.fixture
def entries(run):
    """Give the entries of a book as CSV, without the heading. All lines must make sense."""

    def read(*lines):
        exit_code, printed, errors = run(lines, "csv")
        assert (exit_code, errors) == (0, "")
        return printed.splitlines()[1:]

    return read


# Balances


def test_report_adds_up_accounts_and_those_above(run):
    expected = (
        row("assets", "1,766.30")
        + row("  bank", "1,766.30")
        + row("equity", "-2,500.00")
        + row("expenses", "733.70")
        + row("  food", "84.20")
        + row("    market", "84.20")
        + row("  rent", "649.50")
        + "4 entries\n"
    )
    assert run(MARCH, "report") == (0, expected, "")


def test_report_of_a_month(run):
    expected = row("assets", "-784.20") + row("  bank", "-784.20") + row("expenses", "784.20")
    expected += row("  food", "84.20") + row("    market", "84.20") + row("  rent", "700.00") + "2 entries\n"
    assert run(MARCH, "report", "--month", "2026-03") == (0, expected, "")


def test_report_leaves_out_accounts_with_nothing_on_them(run):
    lines = ["2026-01-01;a:x;b;5;", "2026-01-02;b;a:y;5;"]
    assert run(lines, "report")[1] == row("  x", "-5.00") + row("  y", "5.00") + "2 entries\n"


def test_report_counts_entries(run):
    assert run(["2026-01-01;a;b;0.07"], "report")[1] == row("a", "-0.07") + row("b", "0.07") + "1 entry\n"
    assert run([], "report") == (0, "0 entries\n", "")
    assert run(MARCH, "report", "--month", "2025-01")[1] == "0 entries\n"


def test_report_sorts_accounts_by_their_parts(run):
    lines = [f"2026-01-01;z;{account};1" for account in ("a-b", "a:c", "a", "a:b:c")]
    labels = [line[:30].rstrip() for line in run(lines, "report")[1].splitlines()[:-1]]
    assert labels == ["a", "  b", "    c", "  c", "a-b", "z"]


def test_long_names_push_the_amount_to_the_right(run):
    name = "a" * 35
    assert run([f"2026-01-01;{name};b;1234567.89"], "report")[1].splitlines()[0] == name + " -1,234,567.89"


# Registers


def change(day, text, amount, balance):
    return f"{day}  {text:21}{amount:>14}{balance:>14}\n"


def test_register_shows_changes_and_balance(run):
    expected = (
        change("2026-02-27", "Start", "2,500.00", "2,500.00")
        + change("2026-03-02", "Market", "-84.20", "2,415.80")
        + change("2026-03-02", "Rent", "-700.00", "1,715.80")
        + change("2026-04-01", "Back", "50.50", "1,766.30")
    )
    assert run(MARCH, "register", "assets:bank") == (0, expected, "")


def test_register_of_a_month_begins_with_what_was_there(run):
    expected = "2026-03     opening".ljust(47) + "2,500.00".rjust(14) + "\n"
    expected += change("2026-03-02", "Market", "-84.20", "2,415.80")
    expected += change("2026-03-02", "Rent", "-700.00", "1,715.80")
    assert run(MARCH, "register", "assets", "--month", "2026-03") == (0, expected, "")


def test_register_of_a_month_without_entries(run):
    assert run(MARCH, "register", "expenses", "--month", "2026-05")[1] == (
        "2026-05     opening".ljust(47) + "733.70".rjust(14) + "\n"
    )


def test_register_leaves_out_what_stays_within_the_account(run):
    lines = ["2026-01-01;a:x;a:y;5;move", "2026-01-02;a:x;b;1;out"]
    assert run(lines, "register", "a")[1] == change("2026-01-02", "out", "-1.00", "-1.00")
    assert len(run(lines, "register", "a:x")[1].splitlines()) == 2


def test_register_takes_whole_names_only(run):
    exit_code, printed, errors = run(["2026-01-01;assets-old;b;5;x"], "register", "assets")
    assert (exit_code, printed, errors) == (2, "", "no such account: assets\n")


def test_register_of_an_account_that_is_not_there_says_nothing_else(run):
    assert run(["nonsense"], "register", "a") == (2, "", "no such account: a\n")


@pytest.mark.parametrize(
    ("text", "shown"), [("x" * 20, "x" * 20), ("x" * 21, "x" * 19 + "~"), ("", ""), ("a ; b;c", "a;b;c")]
)
def test_register_shortens_texts(run, text, shown):
    printed = run([f"2026-01-01;a;b;5;{text}"], "register", "b")[1]
    assert printed == change("2026-01-01", shown, "5.00", "5.00")


# Budgets


def budget_row(account, spent, planned, left, share, end=""):
    return f"{account:24}{spent:>12}{planned:>12}{left:>12}{share:>6}{end}\n"


def test_budget_of_the_last_month(run):
    lines = ["budget;expenses:food;100", "2026-01-01;a;expenses:food;10", "2026-02-01;a;expenses:food:out;45.5"]
    assert run(lines, "budget") == (0, budget_row("expenses:food", "45.50", "100.00", "54.50", "45%"), "")


def test_budget_of_a_month(run):
    lines = ["budget;expenses:food;100", "2026-01-01;a;expenses:food;10", "2026-02-01;a;expenses:food:out;45.5"]
    january = budget_row("expenses:food", "10.00", "100.00", "90.00", "10%")
    assert run(lines, "budget", "--month", "2026-01")[1] == january


def test_budgets_are_sorted_and_the_last_of_an_account_counts(run):
    lines = ["budget;b;1", "budget;a:x;2", "budget;a-b;3", "budget;b;1,000.00"]
    printed = run(lines, "budget")[1]
    assert [line[:24].rstrip() for line in printed.splitlines()] == ["a:x", "a-b", "b"]
    assert printed.endswith(budget_row("b", "0.00", "1,000.00", "1,000.00", "0%"))


@pytest.mark.parametrize(
    ("spent", "left", "share", "end"),
    [("99.99", "0.01", "99%", ""), ("100.00", "0.00", "100%", ""), ("100.01", "-0.01", "100%", " OVER")],
)
def test_budget_that_is_used_up(run, spent, left, share, end):
    lines = ["budget;b;100", f"2026-01-01;a;b;{spent}"]
    assert run(lines, "budget")[1] == budget_row("b", spent, "100.00", left, share, end)


def test_budget_with_more_coming_back_than_going_out(run):
    lines = ["budget;b;100", "2026-01-01;b;a;30"]
    assert run(lines, "budget")[1] == budget_row("b", "-30.00", "100.00", "130.00", "0%")


# CSV


def test_csv(run):
    expected = (
        "date,from,to,amount,text\n"
        "2026-02-27,equity,assets:bank,2500.00,Start\n"
        "2026-03-02,assets:bank,expenses:food:market,84.20,Market\n"
        "2026-03-02,assets:bank,expenses:rent,700.00,Rent\n"
        "2026-04-01,expenses:rent,assets:bank,50.50,Back\n"
    )
    assert run(MARCH, "csv") == (0, expected, "")
    assert run(MARCH, "csv", "--month", "2026-04")[1].splitlines()[1:] == expected.splitlines()[4:]


def test_csv_quotes_texts_with_commas_and_quotes(entries):
    assert entries("2026-01-01;a;b;1;x, y", '2026-01-01;a;b;1;say "x"', "2026-01-01;a;b;1;x y") == [
        '2026-01-01,a,b,1.00,"x, y"',
        '2026-01-01,a,b,1.00,"say ""x"""',
        "2026-01-01,a,b,1.00,x y",
    ]


# What a book may hold


def test_entries_of_one_day_stay_in_the_order_of_the_file(entries):
    found = entries("2026-01-02;a;b;1;z", "2026-01-02;a;b;1;y", "2026-01-01;a;b;1;x", "2026-01-02;a;b;1;a")
    assert [line.split(",")[-1] for line in found] == ["x", "z", "y", "a"]


def test_comments_and_empty_lines_mean_nothing(entries):
    assert entries("# 2026", "", "   ", "  # more", "  2026-01-01 ; a ; b ; 1 ; x  ") == ["2026-01-01,a,b,1.00,x"]


@pytest.mark.parametrize(
    ("written", "days"),
    [
        ("2026-01-31+4", ["2026-01-31", "2026-02-28", "2026-03-31", "2026-04-30"]),
        ("2023-12-30+3", ["2023-12-30", "2024-01-30", "2024-02-29"]),
        ("2026-05-05+1", ["2026-05-05"]),
        ("2000-02-29", ["2000-02-29"]),
    ],
)
def test_dates_and_repetitions(entries, written, days):
    assert [line[:10] for line in entries(f"{written};a;b;1")] == days


@pytest.mark.parametrize(
    ("written", "amount"),
    [
        ("7", "7.00"),
        ("7.5", "7.50"),
        ("007", "7.00"),
        ("1,234,567.89", "1,234,567.89"),
        ("12.34 USD@1", "12.34"),
        ("10.01 USD@0.5", "5.01"),
        ("0.25 GBP@1.1", "0.28"),
        ("1,000 USD@0.9239", "923.90"),
    ],
)
def test_amounts(run, written, amount):
    lines = [f"2026-01-01;a;b;{written}"]
    assert run(lines, "register", "b") == (0, change("2026-01-01", "", amount, amount), "")


# Lines that make no sense

BAD = {
    "too few fields": ["nonsense", "2026-01-01;a;b", "budget;a"],
    "bad date {0!r}": [
        *("2026-02-29;a;b;1", "2026-13-01;a;b;1", "2026-00-01;a;b;1", "2026-04-31;a;b;1", "1900-02-29;a;b;1"),
        *("26-01-01;a;b;1", "2026-01-01+0;a;b;1", "2026-01-01+x;a;b;1", "2026-01-01+1+1;a;b;1", ";a;b;1"),
    ],
    "bad account {1!r}": ["2026-01-01;A;b;1", "2026-01-01;a:;B;x", "budget;a b;x", "2026-01-01;;b;1"],
    "bad account {2!r}": ["2026-01-01;a;b:;x", "2026-01-01;a;1b;1"],
    "bad amount {3!r}": [
        *("2026-01-01;a;b;", "2026-01-01;a;b;-1", "2026-01-01;a;b;0.00", "2026-01-01;a;b;1.234", "2026-01-01;a;b;1,00"),
        *("2026-01-01;a;b;1 USD", "2026-01-01;a;b;1 usd@1", "2026-01-01;a;b;1 USD@", "2026-01-01;a;b;0.01 USD@0.1"),
    ],
    "bad amount {2!r}": ["budget;a;0", "budget;a;much"],
}


@pytest.mark.parametrize(("message", "lines"), BAD.items(), ids=BAD.keys())
def test_bad_lines_are_named_and_skipped(run, message, lines):
    exit_code, printed, errors = run(["2026-01-01;a;b;1;good", *lines, "2026-01-02;a;b;1;good"], "report")

    assert (exit_code, printed.splitlines()[-1]) == (1, "2 entries")
    expected = [
        f"line {number}: {message.format(*line.split(';'))}" for number, line in enumerate(lines, start=2)
    ]
    assert errors.splitlines() == expected


def test_output_comes_before_the_bad_lines(run):
    assert run(["# a", "x;y"], "report") == (1, "0 entries\n", "line 2: too few fields\n")
    assert run(["budget;b;5", "x;y"], "budget")[0] == 1


# The command line


@pytest.mark.parametrize(
    "arguments",
    [[], ["help"], ["report", "x"], ["register"], ["register", "a", "b"], ["csv", "--month"], ["budget", "--all"]],
    ids=" ".join,
)
def test_wrong_command_lines_get_the_usage(run, arguments):
    assert run(MARCH, *arguments) == (2, "", USAGE)


@pytest.mark.parametrize("month", ["2026-13", "2026-1", "march", "2026-00"])
def test_bad_months(run, month):
    assert run(MARCH, "--month", month, "report") == (2, "", f"bad month {month!r}\n")


def test_month_may_stand_anywhere_and_the_last_one_counts(run):
    twice = run(MARCH, "--month", "2026-03", "report", "--month", "2026-04")
    assert twice == run(MARCH, "report", "--month", "2026-04")
    assert twice[1].endswith("1 entry\n")


def test_books_that_cannot_be_read(run, tmp_path, capsys):
    (tmp_path / "latin.txt").write_bytes(b"2026-01-01;a;b;1;M\xfcnchen\n")
    for name in ("missing.txt", "latin.txt", "."):
        assert ledger.main([str(tmp_path / name), "report"]) == 2
        assert capsys.readouterr() == ("", f"cannot read {tmp_path / name}\n")


def test_calls_do_not_know_of_one_another(run):
    assert run(["budget;b;5", "x;y", "2026-01-01;a;b;1"], "budget", "--month", "2026-02")[0] == 1
    assert run(["2026-01-01;a;b;1"], "budget") == (0, "", "")
    assert run(["2026-01-01;a;b;1"], "report")[1].endswith("1 entry\n")
