"""The fixture `faults` of hidden suites: each kind of trouble reaches the candidate's program as it would in life."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from api.images import images
from sandbox.contract import Limits, Sandbox, Suite
from sandbox.docker_sandbox import DockerSandbox
from sandbox.engine import connect
from sandbox.images.environments import environment
from sandbox.inside import faulty_command
from sandbox.inside.faults import Faults

PROGRAM = b"""
import json, os, sys, urllib.error, urllib.request

def fetch(tries, seconds):
    for _ in range(tries):
        try:
            with urllib.request.urlopen(os.environ["UPSTREAM_URL"] + "/rates", timeout=seconds) as answer:
                return answer.read().decode()
        except (OSError, urllib.error.URLError, ValueError, Exception) as error:
            last = type(error).__name__
    return "gave up: " + last

def main():
    what, *rest = sys.argv[1:]
    try:
        if what == "read":
            print(len(open(rest[0]).read()))
        elif what == "write":
            with open(rest[0], "w") as out:
                out.write("x" * int(rest[1]))
        elif what == "fetch":
            print(fetch(int(rest[0]), float(rest[1])))
    except OSError as error:
        print(type(error).__name__, error.strerror, file=sys.stderr)
        return 1
    return 0

if __name__ == "__main__":
    sys.exit(main())
"""
FUNCTIONS = b"""
def count(stream):
    total = 0
    try:
        for line in stream:
            total += len(line.strip())
    except ConnectionResetError:
        return -total
    return total

def persist(call):
    for attempt in range(5):
        try:
            return attempt, call("x")
        except (ConnectionError, TimeoutError):
            continue
"""
HIDDEN = b"""
import functions

def test_unreadable(faults):
    result = faults.run(["python", "program.py", "read", "in.csv"], files={"in.csv": "a"}, unreadable=["in.csv"])
    assert (result.exit_code, result.stderr) == (1, "PermissionError Permission denied\\n")

def test_missing(run, faults):
    result = run(["python", "program.py", "read", faults.missing])
    assert result.stderr == "FileNotFoundError No such file or directory\\n"

def test_an_output_on_a_full_disk(run, faults):
    result = run(["python", "program.py", "write", faults.full_disk, "10"])
    assert result.stderr == "OSError No space left on device\\n"

def test_a_disk_that_is_full(faults):
    result = faults.run(["python", "program.py", "write", "out.txt", "100000"], free_bytes=16384)
    assert (result.exit_code, result.stderr) == (1, "OSError No space left on device\\n")
    result = faults.run(["python", "program.py", "write", "out.txt", "5000"], free_bytes=65536)
    assert (result.exit_code, len(result.files["out.txt"])) == (0, 5000)

def test_the_disk_is_clear_again(run):
    assert run(["python", "program.py", "write", "out.txt", "2000000"]).exit_code == 0

def test_a_service_that_fails_and_recovers(faults):
    answers = [faults.answer(status=503), faults.answer("half of it", cut_at=4), faults.answer("3.14")]
    result = faults.run(["python", "program.py", "fetch", "5", "2"], upstream=answers)
    assert result.stdout == "3.14\\n"
    assert [request["path"] for request in faults.requests(result)] == ["/rates"] * 3

def test_a_dropped_connection(faults):
    result = faults.run(["python", "program.py", "fetch", "1", "2"], upstream=[faults.answer(cut_at=0)])
    assert result.stdout in ("gave up: ConnectionResetError\\n", "gave up: URLError\\n")

def test_a_slow_service(faults):
    result = faults.run(["python", "program.py", "fetch", "1", "0.2"], upstream=[faults.answer("late", wait=600)])
    assert result.stdout == "gave up: TimeoutError\\n"

def test_a_stream_that_breaks_off(faults):
    assert functions.count(faults.stream("ab\\ncd\\n", ConnectionResetError("gone"))) == -4
    assert functions.count(faults.stream(faults.truncated("abc\\nabc\\n", 0.7))) == 4

def test_a_function_that_fails_twice(faults):
    call = faults.failing(ConnectionResetError("gone"), TimeoutError("slow"), "done")
    assert functions.persist(call) == (2, "done")
    assert call.calls == [("x",)] * 3

def test_an_exit_code_comes_through(faults):
    assert faults.run(["python", "-c", "import sys; sys.exit(7)"]).exit_code == 7
    assert faults.run(["python", "-c", "import os; os.kill(os.getpid(), 9)"]).exit_code == -9
"""


@pytest.fixture(scope="module")
def sandbox() -> Iterator[Sandbox]:
    with connect() as engine:
        found = images(engine)
        found.ensure(environment("base"), print)
        with DockerSandbox(engine, found) as opened:
            yield opened


@pytest.mark.docker
def test_every_kind_of_trouble_reaches_the_program(sandbox: Sandbox) -> None:
    """One suite for all of them, since a box costs a second."""
    files = {"program.py": PROGRAM, "functions.py": FUNCTIONS}
    suite = Suite("faults", {"test_faults.py": HIDDEN}, modules=("functions",))
    limits = Limits(suite_seconds=300, test_seconds=60, disk_bytes=24 * 2**20)  # a busy machine is no failure
    with sandbox.box("base", files, limits) as box:
        result = box.drive(suite)
    assert result.problem is None
    assert {
        record.id.partition("::")[2]: record.message for record in result.tests if record.outcome != "passed"
    } == {}
    assert len(result.tests) == HIDDEN.count(b"def test_")


def test_a_stream_gives_what_there_is_and_then_fails() -> None:
    """By lines, by pieces and whole; without an error it ends early."""
    gone = ConnectionResetError("gone")
    lines = iter(Faults.stream("one\ntwo\nthr", gone))
    assert [next(lines), next(lines)] == ["one\n", "two\n"]
    with pytest.raises(ConnectionResetError):
        next(lines)
    stream = Faults.stream(b"12345", gone)
    assert stream.read(3) == b"123"
    with pytest.raises(ConnectionResetError):
        stream.read(3)
    with pytest.raises(ConnectionResetError):
        Faults.stream("all", gone).read()
    with Faults.stream("one\ntwo") as plain:
        assert plain.readlines() == ["one\n", "two"]
    assert plain.closed


@pytest.mark.parametrize("data", ["héllo wörld", b"bytes", "x", ""])
def test_a_truncated_text_is_shorter_and_begins_the_same(data: str | bytes) -> None:
    """Something is always missing."""
    cut = Faults.truncated(data)
    assert data[: len(cut)] == cut
    assert len(cut) < len(data) or not data


def test_garbage_is_bytes_of_many_kinds() -> None:
    """No two alike, one of them no text at all."""
    assert len(set(Faults.garbage.values())) == len(Faults.garbage)
    with pytest.raises(UnicodeDecodeError):
        Faults.garbage["no text"].decode()


def test_outside_a_box_no_disk_is_filled(tmp_path: Path) -> None:
    """An author who tries a suite by hand keeps their machine."""
    command = [sys.executable, faulty_command.__file__, '{"free_bytes": 0}', "python", "-c", "pass"]
    done = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, check=False)
    assert (done.returncode, done.stderr) == (
        faulty_command.NOT_POSSIBLE,
        "faults: this disk is too large to fill: a full disk needs the sandbox\n",
    )


def test_the_upstream_answers_in_turn_and_remembers(tmp_path: Path) -> None:
    """Also by hand: without a box."""
    wanted = json.dumps({"upstream": [{"status": 500}, {"body": "fine", "headers": {"X-Kind": "test"}}]})
    program = """
import os, urllib.request, urllib.error
for body in (b"first", b"second"):
    try:
        with urllib.request.urlopen(os.environ["UPSTREAM_URL"] + "/x?y=1", data=body, timeout=20) as answer:
            print(answer.read().decode(), answer.headers["X-Kind"])
    except urllib.error.HTTPError as error:
        print(error.code)
"""
    command = [sys.executable, faulty_command.__file__, wanted, "python", "-c", program]
    done = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, check=False)
    assert done.stdout == "500\nfine test\n", done.stderr
    requests = json.loads((tmp_path / faulty_command.REQUESTS).read_text())
    assert [(one["method"], one["path"], one["body"]) for one in requests] == [
        ("POST", "/x?y=1", "first"),
        ("POST", "/x?y=1", "second"),
    ]


def test_a_program_that_is_not_there() -> None:
    """As a shell says it."""
    command = [sys.executable, faulty_command.__file__, "{}", "no-such-program"]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert (done.returncode, done.stderr) == (127, "no-such-program: No such file or directory\n")
