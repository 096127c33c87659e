"""Tests of the ledger."""

import ledger


def test_all_commands(tmp_path, capsys):
    path = tmp_path / "book.txt"
    path.write_text("2026-01-01;a;b;1;x\nbudget;b;5\n")
    for command in ("report", "budget"):
        assert ledger.main([str(path), command]) == 0
    assert capsys.readouterr().out


def test_register(tmp_path):
    path = tmp_path / "book.txt"
    path.write_text("2026-01-01;a;b;1;x\n")
    assert ledger.main([str(path), "register", "a"]) is not None


def test_missing_file(tmp_path):
    assert ledger.main([str(tmp_path / "missing.txt"), "report"])
