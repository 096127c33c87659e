"""The plugin for authors keeps to the interface of the grading seat, on folders written by each test."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

PROJECT = Path(__file__).parents[2]

PROGRAM = """
import os, pathlib, sys, time
word = sys.argv[1]
if word == "write":
    pathlib.Path("out").mkdir()
    pathlib.Path("out/new.txt").write_text(sys.stdin.read() + os.environ["MOOD"])
    pathlib.Path("given.txt").write_text("changed")
elif word == "fill":
    bytearray(b"x") * 60_000_000
elif word == "sleep":
    print("begin", flush=True)
    time.sleep(60)
sys.exit(3)
"""

SERVER = """
import http.server, os
class Handler(http.server.BaseHTTPRequestHandler):
    def do_GET(self):
        self.send_response(200)
        self.end_headers()
        self.wfile.write(b"served")
http.server.HTTPServer(("127.0.0.1", int(os.environ["PORT"])), Handler).serve_forever()
"""


def passes(folder: Path, suite: str, *options: str) -> str:
    """Run `suite` against the submission in `folder`; fails with the output unless all of it passes."""
    (folder / "suite").mkdir()
    (folder / "suite" / "test_suite.py").write_text(suite)
    submission = ["--submission", str(folder / "submission")] if "--submission" not in options else []
    command = [
        sys.executable,
        "-m",
        "pytest",
        "-c",
        "/dev/null",
        "-p",
        "no:cacheprovider",
        "--strict-markers",
    ]
    done = subprocess.run(
        [*command, "-p", "sandbox.local", *submission, *options, str(folder / "suite")],
        cwd=PROJECT, capture_output=True, text=True, check=False, timeout=120,
    )  # fmt: skip
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


@pytest.fixture
def submission(tmp_path: Path) -> Path:
    folder = tmp_path / "submission"
    folder.mkdir()
    return folder


def test_commands_have_files_input_environment_and_measures(tmp_path: Path, submission: Path) -> None:
    """One suite asks for all that `run` offers, since starting pytest is what costs time here."""
    (submission / "program.py").write_text(PROGRAM)
    suite = """
def test_writes(run):
    files = {"given.txt": b"as it was", "kept.txt": "kept"}
    result = run(["python", "program.py", "write"], files=files, stdin="hello ", env={"MOOD": "glad"})
    assert result.exit_code == 3 and result.stderr == "" and not result.timed_out
    assert result.files == {"out/new.txt": b"hello glad", "given.txt": b"changed"}

def test_starts_afresh(run):
    assert run(["python", "program.py", "write"], env={"MOOD": ""}).exit_code == 3
    assert run(["python", "program.py", "write"], env={"MOOD": ""}).exit_code == 3

def test_memory_is_that_of_the_command_alone(run):
    ballast = b"x" * 100_000_000
    assert run(["python", "program.py", "idle"]).peak_memory_bytes < 30_000_000
    assert 60_000_000 < run(["python", "program.py", "fill"]).peak_memory_bytes < 100_000_000

def test_ends_in_time(run):
    result = run(["python", "program.py", "sleep"], seconds=2)
    assert result.timed_out and result.exit_code == -9 and result.stdout == "begin\\n"

def test_no_such_program(run):
    assert run(["no-such-program"]).exit_code == 127
"""
    passes(tmp_path, suite)


def test_modules_are_imported_from_the_submission_with_its_overlays(tmp_path: Path, submission: Path) -> None:
    """Authors check a broken solution by laying it over the reference."""
    (submission / "kept.py").write_text("WHO = 'reference'")
    (submission / "replaced.py").write_text("WHO = 'reference'")
    overlay = tmp_path / "broken"
    overlay.mkdir()
    (overlay / "replaced.py").write_text("WHO = 'broken'")
    suite = """
import pytest, kept, replaced

@pytest.mark.criterion("anything")
def test_modules():
    assert (kept.WHO, replaced.WHO) == ("reference", "broken")
"""
    passes(tmp_path, suite, "--overlay", str(overlay))


def test_server_is_started_once_for_all_tests(tmp_path: Path, submission: Path) -> None:
    """A server for each test would make suites slow, and is not what the grading seat does."""
    (submission / "app.py").write_text(SERVER)
    suite = """
import urllib.request
seen = set()

def test_one(base_url):
    seen.add(base_url)
    assert urllib.request.urlopen(base_url).read() == b"served"

def test_two(base_url):
    assert base_url in seen
"""
    passes(tmp_path, suite, "--start", "python app.py")


def test_server_that_ends_at_once_is_reported_with_what_it_printed(tmp_path: Path, submission: Path) -> None:
    """The author sees the traceback of the server, not only that nothing answers."""
    (submission / "app.py").write_text("raise SystemExit('no such setting')")

    with pytest.raises(AssertionError, match="no such setting"):
        passes(tmp_path, "def test_one(base_url): pass", "--start", "python app.py")


def test_missing_folder_is_named(tmp_path: Path) -> None:
    """A mistyped path must not look like a submission that fails every test."""
    with pytest.raises(AssertionError, match="nowhere is not a folder"):
        passes(tmp_path, "def test_one(): pass", "--submission", str(tmp_path / "nowhere"))
