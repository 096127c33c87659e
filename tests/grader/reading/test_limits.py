"""Every limit ends in a fact with a reason."""

from __future__ import annotations

import gc
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from grader.reading import complexity, lint, program, read, source, warm
from grader.reading.source import Refused, Source, read_bounded
from grader.reading.tree import parse

Read = Callable[..., dict[str, Any]]


def reasons(facts: dict[str, Any]) -> dict[str, str]:
    return {entry["name"]: entry["reason"] for entry in facts["unreadable"]}


def test_time_is_over(read_files: Read) -> None:
    """The seat has other submissions to read."""
    facts = read_files({"a.py": "x = 1\n"}, seconds=-1)
    assert reasons(facts) == {"a.py": program.OUT_OF_TIME}


def test_time_runs_out_between_parsing_and_checking(
    read_files: Read, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Parsing is the smaller half."""
    started = time.process_time()

    def slow(*_: object) -> list[lint.LintRun]:
        while time.process_time() < started + 0.6:
            pass
        return []

    monkeypatch.setattr(lint, "start", slow)
    facts = read_files({"a.py": "x = 1\n"}, seconds=0.5)
    assert reasons(facts) == {"a.py": program.OUT_OF_TIME}


def test_checks_that_recurse_too_deep_give_up_one_file(
    read_files: Read, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Radon recurses; limits are estimates."""

    def too_deep(*_: object) -> None:
        raise RecursionError

    monkeypatch.setattr(complexity, "functions", too_deep)
    facts = read_files({"a.py": "x = 1\n"})
    assert reasons(facts) == {"a.py": "too deep or too large for the checks"}


def test_many_files(read_files: Read) -> None:
    """The first 400 in order of their names are read."""
    facts = read_files({f"f{number:03}.py": "" for number in range(402)})
    assert list(reasons(facts)) == ["f400.py", "f401.py"]


def test_many_entries(read_files: Read, monkeypatch: pytest.MonkeyPatch) -> None:
    """Walking a million folders takes time, too."""
    monkeypatch.setattr(source, "MAX_ENTRIES", 3)
    facts = read_files({f"{number}/{name}.txt": "" for number in range(9) for name in "ab"})
    assert reasons(facts) == {".": "more than 3 files and folders"}


def test_a_file_that_cannot_be_opened(tmp_path: Path) -> None:
    """Gone, or not ours to read."""
    with pytest.raises(Refused, match="cannot be opened"):
        read_bounded(str(tmp_path / "gone.py"), 10)


def test_text_in_another_encoding_than_it_says(read_files: Read) -> None:
    """The place of the first wrong byte helps to mend it."""
    facts = read_files({"a.py": b"# coding: utf-8\nx = 1\ny = 2\nz = '\xe9'\n"})
    assert reasons(facts)["a.py"] == "is not valid utf-8 at byte 33"


def test_what_the_parser_refuses_with_other_errors() -> None:
    """NUL bytes are found before; the parser is the second line."""
    with pytest.raises(Refused):
        parse(Source("a.py", "x\0", ("x\0",), utf8=True), is_test=False)


def test_ruff_that_hangs_is_ended(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Whatever it is busy with."""
    fake = tmp_path / "ruff"
    fake.write_text("#!/bin/sh\nexec sleep 30\n")
    fake.chmod(0o755)
    monkeypatch.setattr(lint, "binary", lambda: str(fake))
    monkeypatch.setattr(lint, "LINT_SECONDS", 0.2)
    monkeypatch.setattr(lint, "LINT_ALL_SECONDS", 0.2)
    findings, unreadable = lint.collect(str(tmp_path), lint.start(str(tmp_path), ["a.py", "b.py"]))
    assert findings == []
    assert [(fact.name, fact.reason[:21]) for fact in unreadable] == [
        ("a.py", "ruff took longer than"),
        ("b.py", "ruff took longer than"),
    ]


def test_ruff_that_fails_is_named(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """An exit status other than 0 and 1 is no verdict."""
    monkeypatch.setattr(lint, "binary", lambda: "/bin/false")
    monkeypatch.setattr(lint, "command", lambda _: ["/bin/sh", "-c", "exit 2"])
    _, unreadable = lint.collect(str(tmp_path), lint.start(str(tmp_path), ["a.py"]))
    assert [fact.reason for fact in unreadable] == ["ruff failed with exit status 2"]


def test_no_ruff_is_our_fault(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Never a reading without findings because the tool was missing."""
    monkeypatch.setattr(sys, "executable", str(tmp_path / "python"))
    monkeypatch.setenv("PATH", "relative")
    with pytest.raises(lint.ToolMissing):
        warm()


def test_ruff_elsewhere_on_the_path_is_found(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """An image may install it apart from Python."""
    monkeypatch.setattr(sys, "executable", str(tmp_path / "bin" / "python"))
    fake = tmp_path / "ruff"
    fake.write_text("#!/bin/sh\n")
    fake.chmod(0o755)
    monkeypatch.setenv("PATH", str(tmp_path))
    assert lint.binary() == str(fake)


def test_reading_leaves_the_garbage_collector_as_it_was(tmp_path: Path) -> None:
    """It is off while trees are made, for speed."""
    warm()
    read(str(tmp_path), {})
    assert gc.isenabled()


def test_more_suppressions_than_anyone_reads(read_files: Read) -> None:
    """Cut, and said."""
    facts = read_files({"a.py": "x = 1  # noqa\n" * 600})
    assert len(facts["suppressions"]) == 500
    assert reasons(facts)["."] == "600 suppressions, of which the first 500 are listed"


def test_more_findings_than_anyone_reads(read_files: Read) -> None:
    """Many files with many findings: said of the whole submission."""
    imports = "".join(f"import module_{number}\n" for number in range(450))
    facts = read_files({f"a{number}.py": imports for number in range(10)})
    assert len(facts["findings"]) == 4_000
    assert reasons(facts) == {".": "4,501 findings, of which 4,000 are listed"}
