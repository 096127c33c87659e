"""Tests of the whole program, through main."""

import io
import json

import pytest

from digest import main


def line(time="2026-03-01T12:00:00Z", level="error", code="A"):
    return json.dumps({"time": time, "level": level, "code": code})


@pytest.fixture
def digest(tmp_path, capsys):
    def run(*lines, options=()):
        log = tmp_path / "test.log"
        log.write_text("\n".join(lines))
        assert main([str(log), *options]) == 0
        return capsys.readouterr()

    return run


def test_sorted_by_count_and_code(digest):
    assert digest(line(code="B"), line(code="A"), line(code="C"), line(code="C")).out == "2\tC\n1\tA\n1\tB\n"


def test_top(digest):
    assert digest(line(code="B"), line(code="A"), options=["--top", "1"]).out == "1\tA\n"


def test_only_errors(digest):
    assert digest(line(level="info")).out == ""


@pytest.mark.parametrize("time", ["2026-03-01T13:00:00Z", "2026-03-01T14:30:00+01:00"])
def test_too_old(digest, time):
    assert digest(line(), line(time, level="info")).out == ""


@pytest.mark.parametrize("time", ["2026-03-01T12:59:59Z", "2026-03-01T13:30:00+01:00"])
def test_young_enough(digest, time):
    assert digest(line(time, level="info"), line()).out == "1\tA\n"


def test_many_errors_of_many_hours(digest):
    lines = [line(f"2026-03-{day:02}T{hour:02}:{minute:02}:00Z") for day in range(1, 4) for hour in range(24) for minute in range(60)]
    assert digest(*lines).out == "60\tA\n"


@pytest.mark.parametrize("bad", ["{", "[]", "7", line("noon"), line("2026-03-01T12:00:00"), line(level=None), line(code="")])
def test_malformed(digest, bad):
    printed = digest(line(), bad, "", line())
    assert printed.out == "2\tA\n"
    assert printed.err == "malformed lines: 1\n"


def test_standard_input(monkeypatch, capsys):
    monkeypatch.setattr("sys.stdin", io.TextIOWrapper(io.BytesIO(line().encode())))
    assert main(["-"]) == 0
    assert capsys.readouterr().out == "1\tA\n"


def test_missing_log(capsys):
    assert main(["missing.log"]) == 1
    assert "missing.log" in capsys.readouterr().err


def test_wrong_arguments():
    with pytest.raises(SystemExit) as error:
        main(["x.log", "--top", "0"])
    assert error.value.code == 2
