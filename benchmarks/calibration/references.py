"""The reference solutions of the take-homes, made worse in one respect, read and scored with their own rubrics.

Nothing is run: the dynamic half of the evidence is that of a perfect submission, so that only the static half moves.
"""

from __future__ import annotations

import json
import tempfile
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from rich.console import Console
from rich.table import Table

from benchmarks.calibration import worse
from benchmarks.calibration.metamorphic import CHANGES
from grader import evidence as e
from grader.facts import assertions_of, reading_of
from grader.intake import take
from grader.intake.submission import submission_facts
from grader.library import built_in
from grader.plan import Plan, plan_for
from grader.reading import read
from grader.report import Report
from grader.rubric import parse
from grader.scoring import score
from grader.takehome import Takehome, find, names, shelf
from sandbox.contract import Files

PASSED = e.TestOutcome.PASSED
FAMILIES: Mapping[str, tuple[str, ...]] = {
    "naming": ("naming.",),
    "handling": ("handling.",),
    "complexity": ("complexity.", "structure."),
    "tests": ("tests.", "own_tests."),
}
"""Criterion of a change → how the measures begin that may fall. A longer function also has more in it to remark on."""


def report(takehome: Takehome, files: Mapping[str, bytes]) -> Report:
    """Score `files` as if every test had passed."""
    plan = plan_for(takehome)
    with tempfile.TemporaryDirectory() as folder:
        for path, content in files.items():
            (Path(folder) / path).parent.mkdir(parents=True, exist_ok=True)
            (Path(folder) / path).write_bytes(content)
        intake = take(Path(folder), starter=takehome.starter)
        starter = {path: text.decode() for path, text in takehome.starter.items() if path.endswith(".py")}
        options = {
            "starter": starter,
            "brief_words": plan.brief_words(),
            "tests": [*plan.own_tests(intake.files)],
        }
        facts = read(folder, options)
    return score(
        parse(takehome.rubric_yaml, takehome.name, built_in()), _evidence(takehome, plan, intake.files, facts)
    )


def _evidence(takehome: Takehome, plan: Plan, files: Files, facts: Mapping[str, Any]) -> e.Evidence:
    markers, workloads = _asked(takehome)
    with tempfile.TemporaryDirectory() as folder:
        for path, content in files.items():
            (Path(folder) / path).parent.mkdir(parents=True, exist_ok=True)
            (Path(folder) / path).write_bytes(content)
        submission = submission_facts(take(Path(folder)), takehome.starter)
    used = e.Usage(wall_seconds=1, cpu_seconds=1, memory_bytes=2**20)
    roles: tuple[tuple[Any, Any], ...] = (
        ("original", "rejected"), ("reference", "accepted"), ("known_bad", "rejected")
    )  # fmt: skip
    own = tuple(
        e.OwnTest(id=test, outcome=PASSED, assertions=count) for test, count in assertions_of(facts).items()
    )
    return e.Evidence(
        outcome=e.Outcome.GRADED,
        submission=submission,
        takehome=plan.takehome,
        environment=e.EnvironmentId(name=plan.environment, image="none", runtime="none"),
        hidden_tests=e.HiddenTests(
            suite_digest="none",
            tests=(e.HiddenTest(id="t::t", criteria=tuple(sorted(markers)), outcome=PASSED),),
        ),
        own_tests=e.OwnTests(
            tests=own,
            coverage=(e.FileCoverage(path="a.py", statements=1, covered=1, branches=1, branches_covered=1),),
            variants=tuple(
                e.Variant(
                    name=role, role=role, outcome=outcome, passed=len(own), failed=outcome == "rejected"
                )
                for role, outcome in roles
            ),
        ),
        reading=reading_of(facts, files),
        resources=e.Resources(
            workloads=tuple(
                e.Workload(name=name, test="t::t", outcome=PASSED, runs=2, candidate=used, reference=used)
                for name in sorted(workloads)
            )
        ),
    )


def _asked(takehome: Takehome) -> tuple[set[str], set[str]]:
    """Markers and workloads that the rubric asks for."""
    rubric = parse(takehome.rubric_yaml, takehome.name, built_in()).model_dump(mode="json")
    found: dict[str, set[str]] = {"criterion": set(), "workload": set()}
    stack: list[Any] = [rubric]
    while stack:
        node = stack.pop()
        stack.extend(node.values() if isinstance(node, dict) else node if isinstance(node, list) else ())
        given = node.get("with_") or {} if isinstance(node, dict) else {}
        for kind, names_of_it in found.items():
            if isinstance(given.get(kind), str):
                names_of_it.add(given[kind])
    return found["criterion"], found["workload"]


def lost(before: Report, after: Report) -> set[str]:
    """The measures of the items that have fewer points in `after`."""
    old = {item.id: item.points for criterion in before.criteria for item in criterion.items}
    return {
        item.measure or item.id
        for criterion in after.criteria
        for item in criterion.items
        if item.points < old[item.id]
    }


def worsened(takehome: Takehome, name: str) -> tuple[Files, Files] | None:
    """The reference as a tree writes it, and the same with the change called `name`; None without a place for it."""
    change, criterion = CHANGES[name]
    before, after = dict(takehome.reference), dict(takehome.reference)
    changed = False
    for path, content in takehome.reference.items():
        is_test = Path(path).name.startswith("test_") or Path(path).name == "conftest.py"
        if not path.endswith(".py") or is_test != (criterion == "tests"):
            continue
        before[path] = after[path] = worse.plain(content.decode()).encode()
        new = change(content.decode())
        if new is not None:
            after[path], changed = new.encode(), True
    return (before, after) if changed else None


def outcomes() -> Iterator[tuple[str, str, set[str]]]:
    """(take-home, change, measures that fell) for every reference and every change that has a place in it."""
    for name in names(shelf()):
        takehome = find(name, shelf())
        for change in CHANGES:
            pair = worsened(takehome, change)
            if pair is not None:
                yield name, change, lost(*(report(takehome, files) for files in pair))


def show(console: Console) -> None:
    """Print which items of the rubrics fall."""
    table = Table("take-home", "change", "items that fall are of", "as it should be", box=None)
    for name, change, fell in outcomes():
        asked = is_asked(find(name, shelf()), change)
        right = "yes" if is_right(change, fell) else "NO" if asked else "not asked"
        table.add_row(name, change, ", ".join(sorted(fell)) or "none", right)
    console.print(table)


def is_asked(takehome: Takehome, change: str) -> bool:
    """The rubric has an item for what the change is about."""
    rubric = parse(takehome.rubric_yaml, takehome.name, built_in())
    measures = [
        str(getattr(item, "measure", "")) for criterion in rubric.criteria for item in criterion.items
    ]
    return any(measure.startswith(FAMILIES[CHANGES[change][1]]) for measure in measures)


def is_right(change: str, fell: set[str]) -> bool:
    """Something fell, and nothing but what the change is about.

    Lint may fall beside it: a change by machine leaves imports and variables behind that nothing uses any more.
    """
    allowed = FAMILIES[CHANGES[change][1]]
    return any(m.startswith(allowed) for m in fell) and all(m.startswith((*allowed, "lint.")) for m in fell)


def bytes_of(takehome: Takehome) -> bytes:
    """The report on the reference, as it would be stored."""
    return json.dumps(report(takehome, takehome.reference).model_dump(mode="json")).encode()
