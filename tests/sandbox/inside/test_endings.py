"""How a grading ends: what went wrong is told apart by whose fault it is, and nothing is left for the next one."""

from __future__ import annotations

import json
import os
import select
import threading
import time
from pathlib import Path
from typing import Any

from sandbox.inside import wire
from tests.sandbox.inside.two_processes import LIMITS, Seat, run

SOLUTION = b"def boom():\n    raise ValueError('theirs')\n"
TEST = b"import solution\n\n\ndef test_one():\n    assert solution\n"
_RECORD = b"\0\0\0\1\0\0\0\1at"
ORDER = (
    wire.frame(wire.CONTROL, json.dumps({"do": "upload", "bytes": len(_RECORD)}).encode())
    + wire.frame(wire.UPLOAD, _RECORD)
)  # fmt: skip


def test_a_fault_of_ours_outside_of_any_test_is_no_fact_about_the_candidate(tmp_path: Path) -> None:
    """The host is told, so that it tries again; stored as a problem of the suite it would cost the candidate points."""
    conftest = b"def pytest_collection_finish(session):\n    {}['ours']\n"

    graded = run({"solution.py": SOLUTION}, {"conftest.py": conftest, "test_it.py": TEST}, tmp_path)

    assert graded.failed is not None
    assert "KeyError: 'ours'" in graded.failed
    assert graded.problem is None


def test_what_the_candidates_code_raises_outside_of_any_test_is_a_fact_about_it(tmp_path: Path) -> None:
    """Else hostile code could have itself tried again for ever."""
    conftest = b"def pytest_collection_finish(session):\n    import solution\n    solution.boom()\n"

    graded = run({"solution.py": SOLUTION}, {"conftest.py": conftest, "test_it.py": TEST}, tmp_path)

    assert graded.failed is None
    assert graded.problem is not None
    assert "theirs" in graded.problem


def test_half_of_a_message_is_no_order_to_the_seat(tmp_path: Path) -> None:
    """The process that grades has read one half when it ends; the seat's keeper must not read the other."""
    seat = Seat("grading", tmp_path / "seat")
    try:
        events = _events(seat, until="ready")
        seat.upload({"test_it.py": TEST})
        events += _events(seat, until="uploaded")
        job = {
            "modules": ["solution"],
            "candidate_files": [],
            "service": None,
            "rerun_failures": 0,
            "workload": "",
        }
        seat.tell({"do": "grade", "limits": LIMITS, **job})
        _events(seat, until=wire.CALL)
        threading.Thread(target=_answer_and_go_on, args=(seat,), daemon=True).start()
        events += _events(seat, until="end")
        events += _events(seat, until="nothing", seconds=1.0)
    finally:
        seat.process.kill()
        seat.process.communicate()

    assert [event["event"] for event in events] == ["ready", "uploaded", "done", "end"]
    assert events[-1]["status"] == 0


def _answer_and_go_on(seat: Seat) -> None:
    """An answer that ends the suite, and behind it a message full of orders; zeros are frames without a meaning."""
    orders = b"".join(bytes(50_000 + step) + ORDER for step in range(5)) * 20
    assert seat.process.stdin is not None
    answer = wire.frame(wire.CALL, json.dumps(["main", "l", "no", {}]).encode())
    seat.process.stdin.write(answer + wire.frame(wire.CALL, orders))
    seat.process.stdin.flush()
    seat.tell({"do": "over"})


def _events(seat: Seat, until: str | int, seconds: float = 60.0) -> list[dict[str, Any]]:
    """The control messages up to the event, or the kind of frame, `until`; those of the time where none comes."""
    assert seat.process.stdout is not None
    found: list[dict[str, Any]] = []
    end = time.monotonic() + seconds
    while (left := end - time.monotonic()) > 0:
        if not select.select([seat.process.stdout], [], [], left)[0]:
            break
        kinds = []
        for kind, payload in seat.splitter.feed(os.read(seat.process.stdout.fileno(), 1 << 18)):
            kinds.append(kind)
            if kind == wire.CONTROL:
                found.append(json.loads(payload))
        if until in kinds or any(event["event"] == until for event in found):
            break
    return found
