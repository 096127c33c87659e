"""Whose time it is: that of the candidate's code, that in which a test waits, and that in which a test works itself."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.sandbox.inside.two_processes import Run, run

SUBMISSION = b"""
import threading, time

def one():
    return 1

def call(it):
    return it()

def hang():
    time.sleep(60)
"""
SUITE = b"""
import threading, time
import solution


def test_threads():
    found = []
    threads = [threading.Thread(target=lambda: (time.sleep(0.05), found.append(solution.one()))) for _ in range(3)]
    for thread in threads:
        thread.start()
    assert solution.one() == 1
    for thread in threads:
        thread.join()
    assert found == [1, 1, 1]


def test_own_work():
    solution.one()
    end = time.process_time() + 1.6
    while time.process_time() < end:
        pass
    assert solution.one() == 1


def test_hangs_in_a_thread():
    thread = threading.Thread(target=solution.hang)
    thread.start()
    thread.join()


def test_hangs():
    solution.hang()


def test_waits_when_called():
    solution.call(threading.Event().wait)


def test_after():
    assert solution.one() == 1
"""


@pytest.fixture(scope="module")
def tried(tmp_path_factory: pytest.TempPathFactory) -> Run:
    return run(
        {"solution.py": SUBMISSION},
        {"test_it.py": SUITE},
        tmp_path_factory.mktemp("clocks"),
        test_seconds=1.0,
    )


def test_what_a_test_does_itself_is_not_charged_once_another_has_used_threads(tried: Run) -> None:
    """From then on a thread reads all the time; it waits for an answer only when somebody does."""
    assert tried.tests["test_it.py::test_own_work"]["outcome"] == "passed"


def test_code_that_does_not_come_back_ends_its_test_and_no_other(tried: Run) -> None:
    """Whoever waits for it: the test, one of its threads, or the code itself for the test."""
    outcomes = {name.partition("::")[2]: record["outcome"] for name, record in tried.tests.items()}
    assert outcomes == {
        "test_threads": "passed",
        "test_own_work": "passed",
        "test_hangs_in_a_thread": "timeout",
        "test_hangs": "timeout",
        "test_waits_when_called": "timeout",
        "test_after": "passed",
    }


def test_a_test_that_was_ended_says_where_and_after_how_long(tried: Run) -> None:
    """By the line of the test; how the call crossed the bridge tells a reviewer nothing."""
    record = tried.tests["test_it.py::test_hangs"]
    assert record["message"].startswith("no answer within 1 s\n")
    assert ">       solution.hang()" in record["message"]
    assert "sandbox/inside" not in record["message"]
    assert 0.9 < record["seconds"] < 5


def test_a_suite_with_an_alarm_of_its_own_keeps_it(tmp_path: Path) -> None:
    """What it set once for all of its tests is not taken from it."""
    suite = b"""
import signal, time
import pytest
import solution


@pytest.fixture(scope="session", autouse=True)
def alarm():
    def late(*_):
        raise TimeoutError("by the suite")
    signal.signal(signal.SIGALRM, late)


def test_before():
    assert solution.one() == 1


def test_alarm():
    signal.setitimer(signal.ITIMER_REAL, 0.2)
    with pytest.raises(TimeoutError, match="by the suite"):
        time.sleep(5)
"""
    found = run({"solution.py": SUBMISSION}, {"test_it.py": suite}, tmp_path)
    assert [record["outcome"] for record in found.tests.values()] == ["passed", "passed"]
