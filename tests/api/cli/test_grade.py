"""`grader grade` in real containers: what a person or a CI job types, and what they get."""

from __future__ import annotations

import json
import tempfile
from collections.abc import Callable
from pathlib import Path
from typing import Any
from xml.etree import ElementTree as ET

import pytest
from typer.testing import Result

pytestmark = pytest.mark.docker
Grader = Callable[..., Result]

SUITE = """\
import unittest

from greeting import greet
from expected import HELLO_ADA


class GreetingSecret(unittest.TestCase):
    def test_by_name(self):
        self.assertEqual(greet("Ada"), HELLO_ADA)

    def test_nobody(self):
        with self.assertRaises(ValueError):
            greet("")
"""
RIGHT = """\
def greet(name):
    if not name:
        raise ValueError("a name is needed")
    return f"Hello, {name}!"
"""


@pytest.fixture(scope="module")
def work(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A unittest suite with a module of its own, and submissions: right, half, and one that is none."""
    folder = tmp_path_factory.mktemp("work")
    files = {
        "suite/test_greeting.py": SUITE,
        "suite/expected.py": 'HELLO_ADA = "Hello, Ada!"\n',
        "right/greeting.py": RIGHT,
        "half/greeting.py": 'def greet(name):\n    return f"Hello, {name}!"\n',
        "other/right/greeting.py": "def greet(name):\n    return None\n",
        "broken.zip": "PK\x03\x04 and then nothing",
    }
    for path, text in files.items():
        (folder / path).parent.mkdir(parents=True, exist_ok=True)
        (folder / path).write_text(text)
    return folder


def hidden(report: Any) -> dict[str, str]:
    return {test["id"]: test["outcome"] for test in report["evidence"]["hidden_tests"]["tests"]}


def test_a_bare_suite_needs_no_take_home(grader: Grader, work: Path) -> None:
    """`expected` is in the suite, so `greeting` is the candidate's. The report is all that is printed."""
    result = grader("grade", work / "half", "--tests", work / "suite", "-f", "json", "--fail-under", "100")
    report = json.loads(result.stdout)
    assert report["outcome"] == "graded"
    assert sorted(hidden(report).values()) == ["failed", "passed"]
    assert 0 < report["score"]["points"] < report["score"]["max"]
    assert result.exit_code == 1


def test_a_report_is_written_where_it_should_be(grader: Grader, work: Path, tmp_path: Path) -> None:
    """A file, in a folder that need not exist, or a folder that does; for CI, as JUnit XML."""
    out = tmp_path / "reports" / "right.xml"
    result = grader("grade", work / "right", "--tests", work / "suite", "-f", "junit", "-o", out)
    assert result.exit_code == 0, result.stderr
    assert f"report: {out}" in result.stderr
    assert result.stdout == ""
    assert ET.parse(out).getroot().tag == "testsuites"  # noqa: S314 -- our own document


def test_several_submissions_give_a_table_and_their_reports(
    grader: Grader, work: Path, tmp_path: Path
) -> None:
    """Equal names overwrite nothing; one that cannot be judged is told by the status, and stops no other."""
    paths = [work / "right", work / "other" / "right", work / "broken.zip"]
    result = grader("grade", *paths, "--tests", work / "suite", "-j", "2", "-f", "json", "-o", tmp_path)
    assert result.exit_code == 3, result.stderr
    assert {path.name for path in tmp_path.iterdir()} == {"right.json", "right-2.json", "broken.zip.json"}
    reports = {path.name: json.loads(path.read_text()) for path in tmp_path.iterdir()}
    assert reports["right.json"]["score"]["exact"] == "1"
    assert set(hidden(reports["right-2.json"]).values()) == {"failed"}
    assert reports["broken.zip.json"]["outcome"] == "ungradable"
    assert reports["broken.zip.json"]["score"] is None
    assert "right-2" in result.stdout


def test_a_candidate_is_shown_nothing_of_the_suite(grader: Grader, work: Path) -> None:
    """Neither names of tests nor what they expect."""
    result = grader("grade", work / "half", "--tests", work / "suite", "-f", "json", "--for-candidate")
    assert result.exit_code == 0, result.stderr
    assert json.loads(result.stdout)["audience"] == "candidate"
    assert "Secret" not in result.stdout
    assert "HELLO_ADA" not in result.stdout


def test_a_take_home_by_its_folder(grader: Grader, flatten: Path) -> None:
    """The way of every reader of the README; the reference has all points."""
    result = grader("grade", flatten / "reference", "-t", flatten)
    assert result.exit_code == 0, result.stderr
    assert "100 / 100" in result.stdout
    assert "54 of 54 passed" in result.stdout


def test_the_demonstration_of_one_take_home(grader: Grader, tmp_path: Path) -> None:
    """Four submissions, their scores in the order that one expects, and a page and a document for each."""
    with tempfile.TemporaryDirectory(prefix="demo-", ignore_cleanup_errors=True) as data:
        Path(data).chmod(0o755)  # as root the database is another user's
        result = grader("demo", "-t", "flatten", "-o", tmp_path, "--data", f"{data}/data")
    assert result.exit_code == 0, result.stderr
    assert "4 submissions graded in" in result.stdout
    found = {path.stem: json.loads(path.read_text()) for path in (tmp_path / "flatten").glob("*.json")}
    points = {name: report["score"]["points"] for name, report in found.items()}
    assert points["good"] > points["middling"] > points["poor"] >= points["cheating"]
    assert all((tmp_path / "flatten" / f"{name}.html").exists() for name in found)
