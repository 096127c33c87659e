"""A session whose plugins were loaded ahead is an ordinary session of pytest."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

REPOSITORY = Path(__file__).parents[3]

PROGRAM = """
import json, os, sys
from sandbox.inside import sessions

class Witness:
    def pytest_configure(self, config):
        self.config, self.given = config, session._config
        self.option = config.getoption("--colour", None)
        self.marker = any("special" in line for line in config.getini("markers"))
    def pytest_sessionstart(self, session):
        self.folder = str(session.config.invocation_params.dir)
    outcomes = []
    def pytest_runtest_logreport(self, report):
        if report.when == "call":
            self.outcomes.append([report.nodeid, report.outcome])

session = sessions.Prepared()
prepared = session._config
witness = Witness()
os.chdir(sys.argv[1])
code = session.run(["--rootdir", ".", *sys.argv[2:]], [witness])
print("FOUND", json.dumps({
    "code": code, "is the prepared one": witness.config is prepared, "used up": witness.given is None,
    "option": witness.option, "marker": witness.marker, "folder": witness.folder, "outcomes": witness.outcomes,
}))
"""


def ran(folder: Path, *arguments: str) -> dict[str, Any]:
    """What the program above found, running the tests in `folder` in a process of its own."""
    done = subprocess.run(
        [sys.executable, "-c", PROGRAM, str(folder), *arguments],
        cwd=REPOSITORY,
        capture_output=True,
        text=True,
        check=True,
    )
    found: dict[str, Any] = json.loads(done.stdout.rpartition("FOUND ")[2])
    return found


def test_pytest_takes_the_configuration_that_was_made_ahead(tmp_path: Path) -> None:
    """Else all would still work, only slowly: this is what tells when a new pytest makes it elsewhere."""
    (tmp_path / "test_it.py").write_text("def test_it(): pass")

    found = ran(tmp_path)

    assert found["is the prepared one"]
    assert found["used up"]
    assert found["folder"] == str(tmp_path)
    assert found["outcomes"] == [["test_it.py::test_it", "passed"]]


def test_settings_and_conftest_files_count_as_ever(tmp_path: Path) -> None:
    (tmp_path / "pytest.ini").write_text("[pytest]\nmarkers =\n    special: one of theirs\n")
    (tmp_path / "conftest.py").write_text(
        "def pytest_addoption(parser): parser.addoption('--colour', default='green')\n"
    )
    (tmp_path / "test_it.py").write_text(
        "def test_it(capsys): print(1); assert capsys.readouterr().out == '1'"
    )

    found = ran(tmp_path, "--colour", "red")

    assert (found["option"], found["marker"]) == ("red", True)
    assert (found["code"], found["outcomes"]) == (1, [["test_it.py::test_it", "failed"]])


def test_a_session_within_a_test_is_one_of_its_own(tmp_path: Path) -> None:
    (tmp_path / "inner.py").write_text("def test_inner(): pass")
    (tmp_path / "test_it.py").write_text(
        "import pytest\ndef test_it(): assert pytest.main(['-q', 'inner.py']) == 0\n"
    )

    assert ran(tmp_path)["outcomes"] == [["test_it.py::test_it", "passed"]]


def test_wrong_arguments_end_in_the_status_of_wrong_usage(tmp_path: Path) -> None:
    assert (
        subprocess.run(
            [
                sys.executable,
                "-c",
                "from sandbox.inside import sessions; raise SystemExit(sessions.Prepared().run(['--no-such'], []))",
            ],
            cwd=REPOSITORY,
            capture_output=True,
            check=False,
        ).returncode
        == 4
    )
