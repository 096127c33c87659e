"""Tests of the pipeline."""

from pathlib import Path

import ingest

LINE = '{"id": "p-1", "time": "2026-03-01T11:59:58Z", "amount": "12.50", "currency": "EUR", "note": "tea"}\n'


def test_good_record(tmp_path: Path) -> None:
    (tmp_path / "source.jsonl").write_text(LINE)
    exit_code = ingest.main([str(tmp_path / "source.jsonl"), str(tmp_path / "out")])
    assert exit_code is not None


def test_bad_record(tmp_path: Path) -> None:
    (tmp_path / "source.jsonl").write_text("nonsense\n")
    ingest.main([str(tmp_path / "source.jsonl"), str(tmp_path / "out")])


def test_csv(tmp_path: Path) -> None:
    (tmp_path / "source.csv").write_text("id,time,amount,currency\np-1,2026-03-01T11:59:58Z,12.50,EUR\n")
    ingest.main([str(tmp_path / "source.csv"), str(tmp_path / "out")])


def test_missing_source(tmp_path: Path) -> None:
    ingest.main([str(tmp_path / "missing.csv"), str(tmp_path / "out")])
