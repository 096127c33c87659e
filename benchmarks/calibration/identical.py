"""The same submission, read and scored again and again, gives the same bytes."""

from __future__ import annotations

import hashlib
import json
import os
import subprocess
import sys
import tempfile
from pathlib import Path

from rich.console import Console

from grader.evidence import Evidence
from grader.formats.registry import FORMATS
from grader.library import built_in
from grader.reading import read
from grader.rubric import parse
from grader.scoring import score
from grader.takehome import find, names, shelf

BATCH = 10
"""Repetitions in one process; the next process hashes its sets in another order."""


def digests(folder: str, stored: str, times: int) -> set[str]:
    """Hashes of `times` readings of the reference in `folder`, and of as many reports on the evidence in `stored`."""
    takehome = find("flatten", shelf())
    rubric = parse(takehome.rubric_yaml, takehome.name, built_in())
    evidence = Evidence.model_validate_json(Path(stored).read_bytes()) if stored else None
    found = set()
    for _ in range(times):
        facts = json.dumps(read(folder, {}), sort_keys=False)
        report = FORMATS["json"](score(rubric, evidence), takehome.reference) if evidence else b""
        found.add(hashlib.sha256(facts.encode() + report).hexdigest())
    return found


def show(stored: str, times: int, console: Console) -> None:
    """Print, for each take-home, how many different results there were."""
    for name in names(shelf()):
        takehome = find(name, shelf())
        with tempfile.TemporaryDirectory() as folder:
            for path, content in takehome.reference.items():
                (Path(folder) / path).parent.mkdir(parents=True, exist_ok=True)
                (Path(folder) / path).write_bytes(content)
            found: set[str] = set()
            for seed in range(0, times, BATCH):
                found |= _in_a_process(folder, stored, seed)
        console.print(f"{name}: {times} times, {len(found)} result{'s' if len(found) != 1 else ''}")


def _in_a_process(folder: str, stored: str, seed: int) -> set[str]:
    program = (
        "import sys; from benchmarks.calibration.identical import digests;"
        f"print(*digests(sys.argv[1], sys.argv[2], {BATCH}))"
    )
    done = subprocess.run(
        [sys.executable, "-c", program, folder, stored],
        env={**os.environ, "PYTHONHASHSEED": str(seed + 1)},
        capture_output=True,
        text=True,
        check=True,
        timeout=300,
    )
    return set(done.stdout.split())
