"""Tests of the pipeline through its command line: records, rejects, going on, failures."""

import json
from collections.abc import Callable
from pathlib import Path

import pytest

import ingest

Ingest = Callable[..., dict[str, list[dict[str, object]]]]
GOOD = {"id": "p-1", "time": "2026-03-01T11:59:58Z", "amount": "12.50", "currency": "EUR", "note": "tea"}


def line(**fields: object) -> str:
    return json.dumps({**GOOD, **fields}) + "\n"


def objects(path: Path) -> list[dict[str, object]]:
    return [json.loads(text) for text in path.read_text(encoding="utf-8").splitlines()]


def results(out: Path) -> dict[str, list[dict[str, object]]]:
    names = ("accepted.jsonl", "rejected.jsonl", "summary.json")
    return {name.partition(".")[0]: objects(out / name) for name in names}


@pytest.fixture
def run(tmp_path: Path) -> Ingest:
    """Process a source; gives what is in the folder of results then."""

    def process(*parts: str | bytes, name: str = "source.jsonl", chunk: int = 2) -> dict[str, list[dict[str, object]]]:
        source = tmp_path / name
        source.write_bytes(b"".join(part.encode() if isinstance(part, str) else part for part in parts))
        out = tmp_path / "out"
        assert ingest.main([str(source), str(out), "--chunk", str(chunk)]) == 0
        return results(out)

    return process


def test_good_records_are_kept_in_one_form(run: Ingest) -> None:
    found = run(
        line(), line(id="p-2", time="2026-03-01T00:30:00.5+01:00", amount="3", shop="s"), line(id="p-3", amount="7.5")
    )

    assert found["accepted"] == [
        GOOD,
        {**GOOD, "id": "p-2", "time": "2026-02-28T23:30:00Z", "amount": "3.00"},
        {**GOOD, "id": "p-3", "amount": "7.50"},
    ]
    assert found["summary"] == [{"read": 3, "accepted": 3, "rejected": {}}]


def test_csv(run: Ingest) -> None:
    rows = ["amount,id,time,currency", '"7.5",p-1,2026-03-01T11:59:58Z,EUR', "7.5,p-2", '"7.5', "x,p-3,noon,EUR"]
    found = run("\r\n".join([*rows, ""]), name="source.csv")

    assert found["accepted"] == [{**GOOD, "amount": "7.50", "note": ""}]
    assert found["rejected"] == [
        {"line": 3, "reason": "fields", "raw": "7.5,p-2"},
        {"line": 4, "reason": "syntax", "raw": '"7.5'},
        {"line": 5, "reason": "time", "raw": "x,p-3,noon,EUR"},
    ]


@pytest.mark.parametrize(
    ("bad", "reason"),
    [
        ("{\n", "syntax"),
        ("[" * 100_000 + "\n", "syntax"),
        ("[]\n", "fields"),
        ('{"id": "p-2"}\n', "fields"),
        (line(amount=12.5), "fields"),
        (line(note=None), "fields"),
        (line(id="p 2"), "id"),
        (line(id=""), "id"),
        (line(id="p" * 41), "id"),
        (line(time="2026-03-01T11:59:58"), "time"),
        (line(time="0001-01-01T00:00:00+05:00"), "time"),
        (line(amount="1e3"), "amount"),
        (line(amount="0.00"), "amount"),
        (line(amount="1.005"), "amount"),
        (line(amount="1" * 13), "amount"),
        (line(currency="CHF"), "currency"),
        (b'{"id": "\xff"}\n', "encoding"),
    ],
)
def test_bad_line_is_put_aside(run: Ingest, bad: str | bytes, reason: str) -> None:
    found = run("\n", bad, line(id="p-9"))

    assert found["accepted"] == [{**GOOD, "id": "p-9"}]
    assert [(one["line"], one["reason"]) for one in found["rejected"]] == [(2, reason)]
    assert found["summary"] == [{"read": 2, "accepted": 1, "rejected": {reason: 1}}]


def test_raw_spells_out_what_is_no_utf8(run: Ingest) -> None:
    assert run("no\r\n", b"\xff \xc3\xa4\n")["rejected"] == [
        {"line": 1, "reason": "syntax", "raw": "no"},
        {"line": 2, "reason": "encoding", "raw": "\\xff ä"},
    ]


def test_last_line_without_line_break_was_cut_off(run: Ingest) -> None:
    found = run(line(), line(id="p-2").rstrip())

    assert found["accepted"] == [GOOD]
    assert [one["reason"] for one in found["rejected"]] == ["truncated"]


def test_empty_source(run: Ingest) -> None:
    assert run("")["summary"] == [{"read": 0, "accepted": 0, "rejected": {}}]


def test_running_totals(run: Ingest, capsys: pytest.CaptureFixture[str]) -> None:
    run(line(), "{\n", line(id="p-2"))

    assert capsys.readouterr() == ("2 read, 1 accepted, 1 rejected\n3 read, 2 accepted, 1 rejected\n", "")


SOURCE = [line(id=f"p-{number % 7}") for number in range(12)]


@pytest.mark.parametrize("name", ["source.jsonl", "source.csv"])
def test_run_goes_on_where_it_was_stopped(tmp_path: Path, run: Ingest, name: str) -> None:
    """Stopped by a folder in the place of the summary; half a line is left, as by a full disk."""
    rows = [f"p-{number % 7},2026-03-01T11:59:58Z,1,EUR\n" for number in range(12)]
    parts = SOURCE if name.endswith("jsonl") else ["id,time,amount,currency\n", *rows]
    undisturbed = run(*parts, name=name)
    again = tmp_path / "again"
    (again / "summary.json" / "in-the-way").mkdir(parents=True)
    command = [str(tmp_path / name), str(again), "--chunk", "5"]

    assert ingest.main(command) == 1
    (again / "summary.json" / "in-the-way").rmdir()
    (again / "summary.json").rmdir()
    with (again / "accepted.jsonl").open("a") as accepted:
        accepted.write('{"id": "p-')
    assert ingest.main(command) == 0

    assert results(again) == undisturbed


def test_chunks_are_not_processed_twice(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """The first run sees only half of the source, and is not finished because of what is in its way."""
    source, out = tmp_path / "source.jsonl", tmp_path / "out"
    (out / "summary.json" / "in-the-way").mkdir(parents=True)
    source.write_text("".join(SOURCE[:4]))
    assert ingest.main([str(source), str(out), "--chunk", "2"]) == 1
    (out / "summary.json" / "in-the-way").rmdir()
    (out / "summary.json").rmdir()
    capsys.readouterr()

    source.write_text("".join(SOURCE))
    assert ingest.main([str(source), str(out), "--chunk", "100"]) == 0

    assert capsys.readouterr().out == "12 read, 7 accepted, 5 rejected\n"
    assert results(out)["summary"] == [{"read": 12, "accepted": 7, "rejected": {"duplicate": 5}}]


def test_finished_run_changes_nothing(run: Ingest) -> None:
    assert run(*SOURCE) == run(*SOURCE)


@pytest.mark.parametrize("name", ["missing.jsonl", "folder.jsonl", "empty.csv"])
def test_source_that_cannot_be_read_is_named(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], name: str
) -> None:
    (tmp_path / "folder.jsonl").mkdir()
    (tmp_path / "empty.csv").touch()

    assert ingest.main([str(tmp_path / name), str(tmp_path / "out")]) == 1
    printed = capsys.readouterr()
    assert printed.out == ""
    assert name in printed.err
    assert len(printed.err.splitlines()) == 1


def test_folder_that_cannot_be_written_is_named(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (tmp_path / "source.jsonl").write_text(line())
    (tmp_path / "out").touch()

    assert ingest.main([str(tmp_path / "source.jsonl"), str(tmp_path / "out")]) == 1
    assert "out" in capsys.readouterr().err


@pytest.mark.parametrize("arguments", [["a.jsonl"], ["a.txt", "out"], ["a.csv", "out", "--chunk", "0"]])
def test_wrong_command_line_exits_with_2(arguments: list[str]) -> None:
    with pytest.raises(SystemExit) as exit_info:
        ingest.main(arguments)

    assert exit_info.value.code == 2
