"""Pins what the program prints. Written against the old program, before anything was changed."""

from collections.abc import Callable
from pathlib import Path

import pytest

import ledger

BOOK = """\
# a book
budget;expenses:food;100
budget;expenses;50.00

2026-02-27;equity;assets:bank;2,500.00;Start
2026-01-31+2;assets:bank;expenses:rent;700;Flat
2026-02-28;assets:bank;expenses:food:market;10.01 USD@0.5;Market, "by the sea"
2026-03-01;expenses:food:market;assets:bank;200;Back; and more words
"""
Run = Callable[..., tuple[int, str, str]]


@pytest.fixture
def run(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> Run:
    """Run a command on a book; gives exit code, standard output and standard error."""

    def run_command(book: str, *arguments: str) -> tuple[int, str, str]:
        path = tmp_path / "book.txt"
        path.write_text(book, encoding="utf-8")
        exit_code = ledger.main([str(path), *arguments])
        return (exit_code, *capsys.readouterr())

    return run_command


def test_report(run: Run) -> None:
    assert run(BOOK, "report") == (
        0,
        "assets                              1,294.99\n"
        "  bank                              1,294.99\n"
        "equity                             -2,500.00\n"
        "expenses                            1,205.01\n"
        "  food                               -194.99\n"
        "    market                           -194.99\n"
        "  rent                              1,400.00\n"
        "5 entries\n",
        "",
    )


def test_report_of_a_month(run: Run) -> None:
    assert run(BOOK, "report", "--month", "2026-01")[1] == (
        "assets                               -700.00\n"
        "  bank                               -700.00\n"
        "expenses                              700.00\n"
        "  rent                                700.00\n"
        "1 entry\n"
    )


def test_report_hides_accounts_without_money_and_sorts_by_parts(run: Run) -> None:
    book = "2026-01-01;a:x;a-b;1\n2026-01-01;a-b;a:b;1\n"
    assert run(book, "report")[1] == (
        "  b                                     1.00\n  x                                    -1.00\n2 entries\n"
    )


def test_register(run: Run) -> None:
    assert run(BOOK, "register", "expenses") == (
        0,
        "2026-01-31  Flat                         700.00        700.00\n"
        "2026-02-28  Flat                         700.00      1,400.00\n"
        '2026-02-28  Market, "by the sea"           5.01      1,405.01\n'
        "2026-03-01  Back;and more words         -200.00      1,205.01\n",
        "",
    )


def test_register_of_a_month(run: Run) -> None:
    assert run(BOOK, "register", "assets", "--month", "2026-03")[1] == (
        "2026-03     opening                                  1,094.99\n"
        "2026-03-01  Back;and more words          200.00      1,294.99\n"
    )


def test_register_shortens_texts_and_skips_moves_within(run: Run) -> None:
    book = f"2026-01-01;a:x;b;1;{'x' * 21}\n2026-01-01;a:x;a:y;1;move\n"
    assert run(book, "register", "a")[1] == "2026-01-01  xxxxxxxxxxxxxxxxxxx~          -1.00         -1.00\n"


def test_register_of_an_unknown_account(run: Run) -> None:
    assert run("nonsense\n2026-01-01;ab;c;1", "register", "a") == (2, "", "no such account: a\n")


def test_budget(run: Run) -> None:
    assert run(BOOK, "budget") == (
        0,
        "expenses                     -200.00       50.00      250.00    0%\n"
        "expenses:food                -200.00      100.00      300.00    0%\n",
        "",
    )
    assert run(BOOK, "budget", "--month", "2026-02")[1] == (
        "expenses                      705.01       50.00     -655.01 1410% OVER\n"
        "expenses:food                   5.01      100.00       94.99    5%\n"
    )


def test_csv(run: Run) -> None:
    assert run(BOOK, "csv") == (
        0,
        "date,from,to,amount,text\n"
        "2026-01-31,assets:bank,expenses:rent,700.00,Flat\n"
        "2026-02-27,equity,assets:bank,2500.00,Start\n"
        "2026-02-28,assets:bank,expenses:rent,700.00,Flat\n"
        '2026-02-28,assets:bank,expenses:food:market,5.01,"Market, ""by the sea"""\n'
        "2026-03-01,expenses:food:market,assets:bank,200.00,Back;and more words\n",
        "",
    )
    assert len(run(BOOK, "csv", "--month", "2026-02")[1].splitlines()) == 4


@pytest.mark.parametrize(
    ("line", "problem"),
    [
        ("nonsense", "too few fields"),
        ("budget;a", "too few fields"),
        ("budget;A;1", "bad account 'A'"),
        ("budget;a;0", "bad amount '0'"),
        ("2026-02-29;A;b;1", "bad date '2026-02-29'"),
        ("2026-02-28+0;a;b;1", "bad date '2026-02-28+0'"),
        ("20260228;a;b;1", "bad date '20260228'"),
        ("2026-01-01;A;B;x", "bad account 'A'"),
        ("2026-01-01;a;B;x", "bad account 'B'"),
        ("2026-01-01;a;b;1,00", "bad amount '1,00'"),
        ("2026-01-01;a;b;1 USD", "bad amount '1 USD'"),
        ("2026-01-01;a;b;0.01 USD@0.1", "bad amount '0.01 USD@0.1'"),
    ],
)
def test_bad_lines(run: Run, line: str, problem: str) -> None:
    assert run(f"#\n{line}\n", "report") == (1, "0 entries\n", f"line 2: {problem}\n")


def test_repetitions_end_on_the_last_day_of_short_months(run: Run) -> None:
    days = [line[:10] for line in run("2023-12-31+3;a;b;1\n", "csv")[1].splitlines()[1:]]
    assert days == ["2023-12-31", "2024-01-31", "2024-02-29"]


@pytest.mark.parametrize(
    "arguments", [(), ("help",), ("report", "x"), ("register",), ("csv", "--month"), ("report", "--all")]
)
def test_wrong_command_lines(run: Run, arguments: tuple[str, ...]) -> None:
    usage = "usage: ledger.py FILE report|register ACCOUNT|budget|csv [--month YYYY-MM]\n"
    assert run(BOOK, *arguments) == (2, "", usage)


def test_bad_month(run: Run) -> None:
    assert run(BOOK, "csv", "--month", "2026-13") == (2, "", "bad month '2026-13'\n")


def test_books_that_cannot_be_read(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (tmp_path / "latin.txt").write_bytes(b"\xfc")
    for name in ("missing.txt", "latin.txt"):
        assert ledger.main([str(tmp_path / name), "report"]) == 2
        assert capsys.readouterr() == ("", f"cannot read {tmp_path / name}\n")
