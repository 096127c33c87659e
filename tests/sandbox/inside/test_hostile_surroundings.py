"""What the keeper of a box reads may have been laid out by the candidate's code: it neither waits nor breaks."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from sandbox.inside import claims
from sandbox.inside.careful import open_regular, tail
from sandbox.inside.process import reap

_TRACE = """
import ctypes, time
ctypes.CDLL(None).ptrace(0x4206, {pid}, 0, 0)
print("traced", flush=True)
time.sleep(60)
"""


def test_the_end_of_a_file_is_read(tmp_path: Path) -> None:
    """The plain case."""
    (tmp_path / "log").write_text("one\ntwo\n")
    assert tail(str(tmp_path / "log"), 4) == "two\n"


@pytest.mark.parametrize("what", ["pipe", "folder", "link", "endless", "closed", "missing"])
def test_what_is_no_regular_file_reads_as_nothing(what: str, tmp_path: Path) -> None:
    """A pipe without a writer would be waited for, a link followed to where only the keeper may read."""
    path = tmp_path / "log"
    if what == "pipe":
        os.mkfifo(path)
    elif what == "folder":
        path.mkdir()
    elif what == "link":
        (tmp_path / "secret").write_text("secret")
        path.symlink_to(tmp_path / "secret")
    elif what == "endless":
        path.symlink_to("/dev/zero")
    elif what == "closed":
        path.write_text("x")
        path.unlink()
    assert tail(str(path), 100) == ""


def test_a_pipe_in_the_place_of_a_file_to_write_is_refused(tmp_path: Path) -> None:
    """Inputs of commands are put where a command may have left something."""
    os.mkfifo(tmp_path / "in.log")
    with pytest.raises(OSError, match=r"in\.log|No such device"):
        open_regular(str(tmp_path / "in.log"), os.O_WRONLY | os.O_CREAT | os.O_APPEND, "ab")


TABLES = ("tests", "coverage")


@pytest.mark.parametrize(
    "answer",
    [
        b"",
        b"null",
        b"[]",
        b"{} {}",
        b"\xff",
        b'{"tests": ' + b"[" * 100_000 + b"]" * 100_000 + b"}",
        b"9" * 5000,
    ],
)
def test_what_is_no_claim_is_none(answer: bytes) -> None:
    """The process may have said anything."""
    assert claims.read(answer, TABLES) is None


@pytest.mark.parametrize(
    ("claimed", "kept"),
    [
        ({"tests": [{"id": "a", "deep": [[[1]]], "rows": {"a": 1}}]}, [{"id": "a", "deep": []}]),
        ({"tests": {"id": 1}}, []),
        (
            {"tests": [1, None, {"line": 3, "missing_lines": [1, "x", 2]}]},
            [{"line": 3, "missing_lines": [1, 2]}],
        ),
    ],
)
def test_a_claim_is_cut_to_rows_of_plain_fields(claimed: object, kept: object) -> None:
    """Whoever reads it next need not fear its shape."""
    assert claims.read(json.dumps(claimed).encode(), TABLES) == {
        "tests": kept,
        "coverage": [],
        "problem": None,
    }


def test_a_claim_never_grows_over_what_a_message_holds() -> None:
    """Written as ASCII, text of other scripts is three times as long as it came."""
    rows = [{"id": "\u00e9" * 3000, "message": "\u00e9" * 3000}] * 600
    found = claims.read(json.dumps({"tests": rows}, ensure_ascii=False).encode(), TABLES)
    assert found == {"tests": [], "coverage": [], "problem": "the test run said more than may be kept"}


def test_a_process_is_collected_although_a_debugger_holds_it() -> None:
    """Its end is shown to its parent only when the debugger has looked, which this one never does."""
    traced = subprocess.Popen([sys.executable, "-c", "import time; time.sleep(60)"])
    debugger = subprocess.Popen(
        [sys.executable, "-c", _TRACE.format(pid=traced.pid)], stdout=subprocess.PIPE, text=True
    )
    assert debugger.stdout is not None
    assert debugger.stdout.readline() == "traced\n"
    traced.kill()

    status, _ = reap(traced.pid)

    traced.returncode = os.waitstatus_to_exitcode(status)
    assert traced.returncode == -signal.SIGKILL
    assert debugger.wait(10) == -signal.SIGKILL
    debugger.stdout.close()
