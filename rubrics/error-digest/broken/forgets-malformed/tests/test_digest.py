"""Tests of the digest through its command line: ranking, window, malformed lines, errors."""

import io
import json
from collections.abc import Callable
from pathlib import Path

import pytest

import digest

NOON = "2026-03-01T12:00:00Z"
Run = Callable[..., tuple[str, str]]


def entry(time: str = NOON, level: str = "error", **fields: str) -> bytes:
    return json.dumps({"time": time, "level": level, **fields}).encode() + b"\n"


@pytest.fixture
def run(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> Run:
    """Digest the given lines with the given options; returns standard output and standard error."""

    def digest_lines(*lines: bytes, options: tuple[str, ...] = ()) -> tuple[str, str]:
        log = tmp_path / "app.log"
        log.write_bytes(b"".join(lines))
        exit_code = digest.main([str(log), *options])
        assert exit_code == 0
        return tuple(capsys.readouterr())

    return digest_lines


def test_ranks_by_count_then_by_code(run: Run) -> None:
    lines = [entry(code=code) for code in ("B", "A", "C", "C")]

    assert run(*lines) == ("2\tC\n1\tA\n1\tB\n", "")


def test_prints_ten_codes_unless_told_otherwise(run: Run) -> None:
    lines = [entry(code=f"E{number}") for number in range(10, 30)]

    assert run(*lines)[0].splitlines() == [f"1\tE{number}" for number in range(10, 20)]
    assert run(*lines, options=("--top", "1")) == ("1\tE10\n", "")


def test_counts_errors_only(run: Run) -> None:
    assert run(entry(level="warning", code="A"), entry(level="ERROR", code="A")) == ("", "")


def test_empty_log_has_an_empty_digest(run: Run) -> None:
    assert run() == ("", "")


@pytest.mark.parametrize(
    ("newest", "counted"),
    [
        ("2026-03-01T12:59:59.999Z", True),
        ("2026-03-01T13:00:00Z", False),
        ("2026-03-01T13:59:00+01:00", True),
        ("2026-03-01T08:01:00-05:00", False),
    ],
)
def test_window_ends_with_the_newest_entry_and_leaves_out_its_start(
    run: Run, newest: str, *, counted: bool
) -> None:
    lines = [entry(code="A"), entry(newest, level="info")]
    expected = ("1\tA\n" if counted else "", "")

    assert run(*lines) == expected
    assert run(*reversed(lines)) == expected


def test_window_length_can_be_given(run: Run) -> None:
    lines = [entry(code="A"), entry("2026-03-01T12:05:00Z", code="B")]

    assert run(*lines, options=("--window", "5")) == ("1\tB\n", "")


def test_counts_again_after_all_earlier_errors_became_too_old(run: Run) -> None:
    times = ["2026-03-01T09:00:00Z", "2026-03-01T10:30:00Z", "2026-03-01T12:30:00Z", NOON]

    assert run(*(entry(time, code="A") for time in times)) == ("2\tA\n", "")


@pytest.mark.parametrize(
    "line",
    [
        b'{"time": \n',
        b'{"time": "\xff\xfe"}\n',
        b"[" * 100_000 + b"\n",
        b'["time"]\n',
        b'{"level": "info"}\n',
        b'{"time": 7, "level": "info"}\n',
        entry("noon", code="A"),
        entry("2026-03-01T18:00:00", code="A"),
        b'{"time": "2026-03-01T18:00:00Z"}\n',
        entry("2026-03-01T18:00:00Z"),
        entry("2026-03-01T18:00:00Z", code=""),
    ],
)
def test_malformed_line_has_no_effect(run: Run, line: bytes) -> None:
    assert run(entry(code="A"), line, entry(code="A"))[0] == "2\tA\n"


def test_blank_lines_are_not_malformed(run: Run) -> None:
    assert run(b"\n", entry(code="A"), b"  \n") == ("1\tA\n", "")


def test_reads_standard_input(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    monkeypatch.setattr("sys.stdin", io.TextIOWrapper(io.BytesIO(entry(code="A"))))

    assert digest.main(["-"]) == 0
    assert capsys.readouterr() == ("1\tA\n", "")


@pytest.mark.parametrize("name", ["missing.log", "."])
def test_log_that_cannot_be_read_is_named(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], name: str
) -> None:
    log = str(tmp_path / name)

    assert digest.main([log]) == 1
    printed = capsys.readouterr()
    assert printed.out == ""
    assert log in printed.err


@pytest.mark.parametrize("arguments", [[], ["a.log", "--top", "0"], ["a.log", "--window", "soon"]])
def test_wrong_command_line_exits_with_2(arguments: list[str]) -> None:
    with pytest.raises(SystemExit) as exit_info:
        digest.main(arguments)

    assert exit_info.value.code == 2
