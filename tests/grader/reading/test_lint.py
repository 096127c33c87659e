"""Ruff sees every file, whatever the submission says about it."""

from __future__ import annotations

import json
import subprocess
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from grader.reading import lint
from grader.reading.lint_rules import IGNORED, SELECTED
from grader.reading.source import Unreadable

Read = Callable[..., dict[str, Any]]

SILENCERS: dict[str, dict[str, str | bytes]] = {
    "noqa": {"code.py": "import os  # noqa\n"},
    "file-wide noqa": {"code.py": "# ruff: noqa\n# flake8: noqa\nimport os\n"},
    "ruff.toml": {"code.py": "import os\n", "ruff.toml": 'exclude = ["*.py"]\n'},
    "pyproject.toml": {
        "code.py": "import os\n",
        "pyproject.toml": '[tool.ruff]\nexclude = ["*"]\n[tool.ruff.lint]\nignore = ["ALL"]\n',
    },
    ".gitignore": {"code.py": "import os\n", ".gitignore": "*.py\n"},
    "excluded by default": {"venv/code.py": "import os\n", "build/code.py": "import os\n"},
    "settings beside the file": {"sub/code.py": "import os\n", "sub/.ruff.toml": 'lint.select = ["D"]\n'},
}


@pytest.mark.parametrize("case", list(SILENCERS))
def test_nothing_in_a_submission_silences_ruff(case: str, read_files: Read) -> None:
    """Each of these hid findings from some grader."""
    files = SILENCERS[case]
    facts = read_files(files)
    linted = {one["place"]["path"] for one in facts["findings"] if one["rule"] == "F401"}
    assert linted == {path for path in files if path.endswith(".py")}


def test_attempts_to_silence_are_facts(read_files: Read) -> None:
    """Ignored, but a reviewer wants to know."""
    facts = read_files(
        {
            "code.py": "x = 1  # noqa: E501\ny = 2  # type: ignore[misc]\nz = '# noqa'\n# pylint: disable=all\n",
            "setup.cfg": "[metadata]\nname = x\n[flake8]\nignore = E\n",
            "radon.cfg": "[radon]\nexclude = *\n",
        }
    )
    spots = {(one["place"]["path"], one["place"]["line"]) for one in facts["suppressions"]}
    assert spots == {("code.py", 1), ("code.py", 2), ("code.py", 4), ("setup.cfg", 3), ("radon.cfg", 1)}


def test_ruff_knows_every_rule_of_the_table() -> None:
    """A rule that ruff renames would silently count no longer."""
    answer = subprocess.run(
        [lint.binary(), "rule", "--all", "--output-format", "json"], capture_output=True, check=True
    )
    stable = [rule["code"] for rule in json.loads(answer.stdout) if not rule["preview"]]
    for prefix in [*SELECTED, *IGNORED]:
        assert any(code.startswith(prefix) for code in stable), prefix
    selected = [code for code in stable if code.startswith(tuple(SELECTED))]
    assert all(any(code.startswith(rule) for code in selected) for rule in IGNORED)


def test_a_poisonous_file_is_named_and_the_others_are_linted(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Ruff that dies over one file of a batch must not take the batch along."""
    fake = tmp_path / "ruff"
    fake.write_text(f'#!/bin/sh\ncase "$*" in *poison*) kill -9 $$;; esac\nexec {lint.binary()} "$@"\n')
    fake.chmod(0o755)
    for name in ("good.py", "poison.py"):
        (tmp_path / name).write_text("import os\n")
    monkeypatch.setattr(lint, "binary", lambda: str(fake))
    findings, unreadable = lint.collect(str(tmp_path), lint.start(str(tmp_path), ["good.py", "poison.py"]))
    assert {finding["place"]["path"] for finding in findings} == {"good.py"}
    reason = "ruff was stopped by signal 9: over its limit of memory, time or output, or crashed"
    assert unreadable == [Unreadable("poison.py", reason)]
