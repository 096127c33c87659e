import json

import ingest

GOOD = '{"id": "a", "time": "2026-03-01T12:00:00+01:00", "amount": "3", "currency": "EUR"}\n'


def run(tmp_path, text):
    (tmp_path / "in.jsonl").write_text(text)
    assert ingest.main([str(tmp_path / "in.jsonl"), str(tmp_path / "out")]) == 0
    return [(tmp_path / "out" / name).read_text().splitlines() for name in ("accepted.jsonl", "rejected.jsonl")]


def test_good(tmp_path):
    accepted, rejected = run(tmp_path, GOOD)
    assert json.loads(accepted[0])["time"] == "2026-03-01T11:00:00Z"
    assert json.loads(accepted[0])["amount"] == "3.00"
    assert rejected == []


def test_duplicate(tmp_path):
    accepted, rejected = run(tmp_path, GOOD + GOOD)
    assert len(accepted) == 1
    assert json.loads(rejected[0])["reason"] == "duplicate"


def test_missing_file(tmp_path):
    assert ingest.main([str(tmp_path / "no.csv"), str(tmp_path / "out")]) == 1
