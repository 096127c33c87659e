"""Tests of the ledger."""

import ledger

BOOK = """\
budget;expenses;100
2026-03-02;assets:bank;expenses:rent;700.00;Rent
2026-03-02;assets:bank;expenses:food;10.00 USD@0.92;Lunch
"""


def run(tmp_path, capsys, *arguments):
    file = tmp_path / "book.txt"
    file.write_text(BOOK)
    assert ledger.main([str(file), *arguments]) == 0
    return capsys.readouterr().out


def test_report(tmp_path, capsys):
    printed = run(tmp_path, capsys, "report")
    assert "-709.20" in printed
    assert printed.endswith("2 entries\n")


def test_register(tmp_path, capsys):
    assert "709.20" in run(tmp_path, capsys, "register", "expenses")


def test_budget(tmp_path, capsys):
    assert "OVER" in run(tmp_path, capsys, "budget")


def test_csv(tmp_path, capsys):
    assert run(tmp_path, capsys, "csv").splitlines()[1] == "2026-03-02,assets:bank,expenses:rent,700.00,Rent"
