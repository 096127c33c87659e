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


def of_texts(texts: Mapping[str, str]) -> Figures:
    """Read files that are no tests, and belong together. One that is empty is not there."""
    with tempfile.TemporaryDirectory() as folder:
        for path, text in texts.items():
            if text:
                (Path(folder) / path).parent.mkdir(parents=True, exist_ok=True)
                (Path(folder) / path).write_text(text, "utf-8")
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
    by_rule = Counter(finding["rule"] for finding in facts["findings"])
    complexities = sorted(function["cyclomatic"] for function in facts["functions"]) or [0]
    return {
        "lint.density": -100 * by_tool["ruff"] / lines,
        "handling.findings": -100 * (by_tool["handling"] - noise) / lines,
        "handling.findings (too much of it)": -100 * noise / lines,
        "findings of lint": -by_tool["ruff"],
        "findings on handling": -by_tool["handling"],
        "findings on naming": -by_tool["naming"],
        "findings on structure": -by_tool["structure"],
        "duplicate-code": -by_rule["duplicate-code"],
        "deep-nesting": -by_rule["deep-nesting"],
        "lines above 60 in functions": -sum(max(0, f["lines"] - 60) for f in facts["functions"]),
        "complexity above 10, summed": -sum(max(0, c - 10) for c in complexities),
        "complexity, summed": -sum(complexities),
        "lines of code": -counted["sloc"],
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
