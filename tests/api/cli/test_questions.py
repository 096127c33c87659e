"""The question kit from a submission to the printed page: graded in containers, then asked about."""

from __future__ import annotations

import html
import json
import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from typer.testing import Result

pytestmark = pytest.mark.docker
Grader = Callable[..., Result]

TAKEHOME = {
    "takehome.yaml": """\
name: tickets
title: Tickets
seniority: senior
minutes: 60
environment: base
modules: [tickets]
own_tests: {mutants: 12}
""",
    "brief.md": "Sell tickets, cheaper for children. Test it. Mind errors. Write it simply.\n",
    "rubric.yaml": """\
rubric: 1
name: tickets
title: Tickets
version: 1
criteria:
  - id: core
    title: Prices
    announced: "Sell tickets, cheaper for children."
    items: [{use: library/correctness@1/works, with: {criterion: core}}]
  - {id: own, title: Tests, announced: "Test it.", items: [
      {id: noticed, kind: scaled, title: Notice changes, points: 10, measure: own_tests.mutation_score}]}
  - {use: library/errors@1, announced: "Mind errors."}
  - {use: library/simplicity@1, announced: "Write it simply."}
""",
    "starter/tickets.py": "",
    "hidden_tests/test_tickets.py": """\
import pytest
from tickets import price


@pytest.mark.criterion("core")
def test_children_pay_half():
    assert (price(10), price(30)) == (5, 10)
""",
    "reference/tickets.py": "def price(age):\n    return 5 if age < 18 else 10\n",
}
SUBMISSION = {
    "tickets.py": """\
import heapq

waiting = []


def price(age):
    if age < 18:
        return 5
    return 10


def wait(number, age):
    try:
        heapq.heappush(waiting, (price(age), number))
    except Exception:
        return None
""",
    "app.py": """\
from fastapi import FastAPI
from tickets import wait

app = FastAPI()


@app.post("/tickets/{number}")
def sell(number: int, age: int):
    return wait(number, age)
""",
    "test_tickets.py": """\
from tickets import price, wait, waiting


def test_prices():
    assert price(3) == 5
    assert price(40) == 10


def test_waiting():
    wait(1, 40)
    assert waiting == [(10, 1)]
""",
}
READ_OUT = {
    "surviving-mutant": "At tickets.py:7, in `price`, I write `if age <",
    "broad-handler": "At tickets.py:15 `wait` goes on after any error.",
    "endpoint-at-scale": "`POST /tickets/{number}` (app.py:8) gets 10 requests a second today, and 1,000 next month.",
    "chosen-structure": "At tickets.py:14 you chose a heap.",
}


def laid_out(folder: Path, files: dict[str, str]) -> Path:
    for name, text in files.items():
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_text(text, "utf-8")
    return folder


def text_of(page: str) -> str:
    """What a reader sees of it."""
    return " ".join(html.unescape(re.sub("<[^>]+>", "", page)).split())


def test_what_a_submission_did_is_asked_about_in_print_and_in_the_report(
    grader: Grader, tmp_path: Path
) -> None:
    """A change that its tests let pass, a broad handler, an endpoint that has to grow, a container."""
    takehome = laid_out(tmp_path / "tickets", TAKEHOME)
    submission = laid_out(tmp_path / "submission", SUBMISSION)
    stored = tmp_path / "report.json"
    graded = grader("grade", submission, "-t", takehome, "-f", "json", "-o", stored)
    assert graded.exit_code == 0, graded.stderr

    report: Any = json.loads(stored.read_text("utf-8"))
    asked = {one["id"]: one["question"] for one in report["questions"]}
    printed = " ".join(grader("questions", stored).stdout.split())
    page = text_of(grader("rescore", stored, "-r", takehome / "rubric.yaml", "-f", "html").stdout)

    for kind, words in READ_OUT.items():
        assert words in asked[kind]
        assert words in printed
        assert words.replace("`", "") in page  # there they are code
    assert "Finds an input on which the two differ" in printed
    assert "Finds an input on which the two differ" in page
