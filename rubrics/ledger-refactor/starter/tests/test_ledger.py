"""A first test of the ledger. There are no others."""

import ledger


def test_report(tmp_path, capsys):
    file = tmp_path / "book.txt"
    file.write_text("2026-03-01;assets:bank;expenses:rent;700.00;Rent\n")
    assert ledger.main([str(file), "report"]) == 0
    assert "700.00" in capsys.readouterr().out
