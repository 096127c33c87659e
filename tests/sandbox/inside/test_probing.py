"""Own tests tried on changed code, in a process like the one in the box."""

from __future__ import annotations

from collections import Counter
from pathlib import Path

from benchmarks.mutation import ours
from grader.evidence import Mutation, OrderedRun
from sandbox.contract import AskedTests

CODE = b"""
RATE = 20


def with_tax(price):
    if price < 0:
        raise ValueError(price)
    return price + price * RATE // 100


def unused(price):
    return price * 3
"""
GOOD = b"""
import pytest
from shop import with_tax


def test_tax():
    assert with_tax(100) == 120
    assert with_tax(0) == 0


def test_negative():
    with pytest.raises(ValueError):
        with_tax(-1)
"""


def tried(tests: bytes, code: bytes = CODE, **more: bytes) -> tuple[Mutation, tuple[OrderedRun, ...]]:
    files = {"shop.py": code, "test_shop.py": tests, **{f"{name}.py": text for name, text in more.items()}}
    return ours.tried(files, 40)


def outcomes(mutation: Mutation) -> dict[str, str]:
    """By what the changed line says; of equal lines the last."""
    return {mutant.diff.split("\n+ ")[1].strip(): mutant.outcome for mutant in mutation.mutants}


def test_what_tests_notice_and_what_not() -> None:
    """In functions by other code, at import by another session; nobody waits for what no test reaches."""
    mutation, orders = tried(GOOD)
    assert mutation.problem is None
    found = outcomes(mutation)
    assert (
        found["RATE = 21"]
        == found["if price <= 0:"]
        == found["return price - price * RATE // 100"]
        == "killed"
    )
    assert {change for change, outcome in found.items() if outcome != "killed"} == {
        "return price + 3",
        "return price * 4",
        "return None",  # of the function that no test calls; the other one has the same difference
    }
    assert mutation.controls >= 2
    assert (mutation.controls_rejected, mutation.unreliable) == (0, ())
    assert [(run.order, run.failing) for run in orders] == [("reversed", ()), ("shuffled", ())]


def test_tests_that_look_at_little_let_changes_pass() -> None:
    """Reached is not noticed."""
    mutation, _ = tried(b"from shop import with_tax\n\ndef test_it():\n    assert with_tax(0) is not None\n")
    counts = [mutant.outcome for mutant in mutation.mutants]
    assert counts.count("survived") >= 5
    assert outcomes(mutation)["return None"] in {"killed", "not_reached"}


def test_programs_that_tests_start_run_changed_code() -> None:
    """What another process runs is seen by nobody, so the change must lie on the disk."""
    program = CODE + b'\nif __name__ == "__main__":\n    import sys\n    print(with_tax(int(sys.argv[1])))\n'
    tests = b"""
import subprocess, sys

def test_it():
    done = subprocess.run([sys.executable, "shop.py", "100"], capture_output=True, text=True)
    assert done.stdout.strip() == "120"
"""
    mutation, _ = tried(tests, program)
    assert outcomes(mutation)["RATE = 21"] == "killed"
    assert outcomes(mutation)["return price - price * RATE // 100"] == "killed"
    assert mutation.controls_rejected == 0


def test_only_asked_tests_are_run_on_changes_and_given_ones_last() -> None:
    """A quick one that does not count must not be the one that notices, whatever the machine is busy with."""
    files = {
        "shop.py": CODE,
        "test_shop.py": GOOD + b"\n\ndef test_hollow():\n    with_tax(1)\n    with_tax(-0)\n",
    }
    planned = ours.plan(files, 40)
    tax, hollow = "test_shop.py::test_tax", "test_shop.py::test_hollow"

    def killers(asked: AskedTests) -> Counter[str]:
        said = ours.probe(files, planned, asked=asked)
        return Counter(row["by"] for row in said.mutants if row["verdict"] == "killed")

    alone, first, last = (
        killers(asked)
        for asked in (AskedTests((tax,)), AskedTests((tax,), (hollow,)), AskedTests((hollow,), (tax,)))
    )
    assert set(alone) == {tax}
    assert first == alone
    assert set(last) == {tax, hollow}
    assert last[tax] + last[hollow] == alone[tax]


def test_an_endless_loop_is_ended_and_counts_as_noticed() -> None:
    """A change that makes the code run for ever is nothing that anybody overlooks."""
    code = b"def count(n):\n    i = 0\n    while i < n:\n        i += 1\n    return i\n"
    mutation, _ = tried(b"from shop import count\n\ndef test_it():\n    assert count(3) == 3\n", code)
    assert outcomes(mutation)["pass"] == "timeout"


def test_tests_that_hang_on_their_order_are_named_and_not_believed() -> None:
    """They fail for another reason than the change."""
    tests = (
        GOOD
        + b"""

SEEN = []


def test_first():
    SEEN.append(with_tax(50))
    assert SEEN


def test_second():
    assert SEEN == [60]
"""
    )
    mutation, orders = tried(tests)
    assert "test_shop.py::test_second" in orders[0].failing
    assert "test_shop.py::test_second" in mutation.unreliable


def test_a_test_that_fails_once_by_chance_does_not_hang_on_its_order(tmp_path: Path) -> None:
    """It is tried in that order again."""
    runs = tmp_path / "runs"
    tests = (
        GOOD
        + f"""

def test_by_chance():
    with open({str(runs)!r}, "a+") as runs:
        runs.write(".")
        runs.seek(0)
        assert len(runs.read()) != 2  # the first run is in their own order
""".encode()
    )
    _, orders = tried(tests)
    assert len(runs.read_text()) > 2
    assert [(run.order, run.failing) for run in orders] == [("reversed", ()), ("shuffled", ())]


def test_code_that_fails_its_own_tests_is_not_tried() -> None:
    """Nothing can be learnt from tests that fail anyway."""
    mutation, orders = tried(b"def test_it():\n    assert False\n")
    assert mutation.problem == "no test passes on the unchanged code"
    assert {mutant.outcome for mutant in mutation.mutants} == {"not_run"}
    assert orders == ()
