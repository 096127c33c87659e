"""The git history and the workloads of the middling sample report."""

from __future__ import annotations

from grader.evidence import Commit, History, Resources, TestOutcome, Usage, Workload

HISTORY = History(
    commits=(
        Commit(id="3f" * 20, author=1, seconds=1_772_366_400, message="Fix", files=1, added=4, removed=2),
        Commit(id="2e" * 20, author=1, seconds=1_772_364_600, files=2, added=31, removed=3,
               message="Flatten lists by position\n\nThe brief leaves open what a list is."),
        Commit(id="1d" * 20, author=1, seconds=1_772_362_800, message="Starter as it came", files=0, added=0,
               removed=0),
    ),
    authors=1,
)  # fmt: skip


RESOURCES = Resources(
    workloads=(
        Workload(name="broad-input", test="test_flatten.py::test_separator", outcome=TestOutcome.PASSED, runs=2,
                 candidate=Usage(wall_seconds=0.51, cpu_seconds=0.48, memory_bytes=31_400_000),
                 reference=Usage(wall_seconds=0.2, cpu_seconds=0.19, memory_bytes=15_700_000)),
        Workload(name="deep", test="test_flatten.py::test_deep[900]", outcome=TestOutcome.ERROR),
    ),
)  # fmt: skip
