"""The figures on quality of one folder or one file of source, each so that more is better."""

from __future__ import annotations

import tempfile
from collections import Counter
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from grader.measures.naming import SEVERITY
from grader.reading import read

NOISE = ("needless-", "blanket-try")
SECONDS = 120.0
"""Processor time for one repository: the limit for submissions is meant for smaller ones."""

Figures = dict[str, float]
"""Name of a measure → value; where less is better the sign is turned."""


def of_folder(folder: Path) -> Figures:
    """Read a checkout. What the reader's limits leave out is left out here, too."""
    return figures(read(str(folder), {"seconds": SECONDS}))


def of_text(text: str) -> Figures:
    """Read one file that is no test."""
    with tempfile.TemporaryDirectory() as folder:
        (Path(folder) / "solution.py").write_text(text, "utf-8")
        (Path(folder) / "README.md").write_text("Run `python solution.py`.", "utf-8")
        return of_folder(Path(folder))


def figures(facts: Mapping[str, Any]) -> Figures:
    """The measures of a reading, per 100 lines of code where they count findings."""
    counted: Mapping[str, float] = facts["figures"]
    lines = max(1.0, counted["sloc"] + counted["test_sloc"])
    by_tool = Counter(finding["tool"] for finding in facts["findings"])
    noise = sum(
        finding["rule"].startswith(NOISE) for finding in facts["findings"] if finding["tool"] == "handling"
    )
    names = max(1.0, counted["identifiers"])
    bad = sum(float(SEVERITY[f["rule"]]) for f in facts["findings"] if f["tool"] == "naming")
    complexities = sorted(function["cyclomatic"] for function in facts["functions"]) or [0]
    return {
        "lint.density": -100 * by_tool["ruff"] / lines,
        "handling.findings": -100 * (by_tool["handling"] - noise) / lines,
        "handling.findings (too much of it)": -100 * noise / lines,
        "naming.score": max(0.0, 1 - bad / names),
        "structure.findings": -100 * by_tool["structure"] / lines,
        "telling_docstrings": _share(counted, "telling_docstrings", "public_functions"),
        "documented_functions": _share(counted, "documented_functions", "public_functions"),
        "telling_annotations": _share(counted, "telling_annotations", "arguments"),
        "annotated_arguments": _share(counted, "annotated_arguments", "arguments"),
        "mean complexity": -sum(complexities) / len(complexities),
        "complexity.functions_over": -sum(c > 10 for c in complexities) / len(complexities),
        "complexity.max": -float(complexities[-1]),
        "complexity.maintainability": min((file["maintainability"] for file in facts["files"]), default=0.0),
    }


def _share(counted: Mapping[str, float], of: str, over: str) -> float:
    return counted[of] / max(1.0, counted[over])
