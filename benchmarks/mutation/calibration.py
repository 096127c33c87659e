"""`python -m benchmarks.mutation.calibration`: does the mutation score follow the number of wrong solutions caught?

For each built-in take-home with functions, the suites of its reference and samples are made weaker step by step (every
third test, one, assertions that look at nothing). Each suite is tried on changes of the reference, and
against every broken solution of the take-home whose code differs: two figures, of which the first should rank suites
as the second does. Runs outside of the sandbox, with our own code only.
"""

from __future__ import annotations

import ast
import os
import subprocess
import sys
import tempfile
from collections.abc import Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from functools import partial
from itertools import combinations
from pathlib import Path

from benchmarks.mutation import ours
from grader.takehome import Takehome, find, shelf

CORRECTNESS = {
    "flatten": {"flattening", "unflattening", "collisions", "errors"},
    "retry": {"retrying", "waiting", "reporting", "errors"},
}
"""Take-homes, and the criteria in which a solution loses that does the wrong thing."""
MUTANTS = 30
SECONDS = 120
JOBS = 6


@dataclass(frozen=True)
class Suite:
    """One suite and what it notices, as shares."""

    name: str
    tests: int
    score: float
    caught: float


def main() -> None:
    """Print a table for each take-home, and the rank correlation."""
    every: list[Suite] = []
    for name in sys.argv[1:] or CORRECTNESS:
        takehome = find(name, shelf())
        with ThreadPoolExecutor(max_workers=JOBS) as threads:
            found = list(threads.map(partial(tried, takehome), *zip(*variants(takehome), strict=True)))
        suites = [suite for suite in found if suite is not None]
        print(f"\n`{name}`\n\n| suite | tests | mutation score | wrong solutions caught |\n|---|--:|--:|--:|")
        for suite in sorted(suites, key=lambda one: -one.caught):
            print(f"| {suite.name} | {suite.tests} | {suite.score:.0%} | {suite.caught:.0%} |")
        print(
            f"\nKendall's tau-b over {len(suites)} suites: {tau([(s.score, s.caught) for s in suites]):.2f}"
        )
        every += suites
    print(f"\nOver all {len(every)}: {tau([(s.score, s.caught) for s in every]):.2f}")


def variants(takehome: Takehome) -> Iterator[tuple[str, Mapping[str, bytes]]]:
    """Suites by name: the tests of right solutions, whole and made weaker."""
    for name, files in {"reference": takehome.reference, **takehome.broken}.items():
        tests = {path: content for path, content in files.items() if ours.is_test(path)}
        if not tests or (name != "reference" and tests == suite_of(takehome.reference)):
            continue
        yield name, tests
        for step in (3, 99):
            yield f"{name}, one test in {step}", {path: thinned(text, step) for path, text in tests.items()}
        yield f"{name}, without assertions", {path: hollowed(text) for path, text in tests.items()}


def suite_of(files: Mapping[str, bytes]) -> dict[str, bytes]:
    """The tests among files."""
    return {path: content for path, content in files.items() if ours.is_test(path)}


def thinned(source: bytes, step: int) -> bytes:
    """Only one test function in `step` is left."""
    tree = ast.parse(source)
    tests = [node for node in tree.body if isinstance(node, ast.FunctionDef) and node.name.startswith("test")]
    gone = {id(test) for number, test in enumerate(tests) if number % step}
    tree.body = [node for node in tree.body if id(node) not in gone]
    return ast.unparse(tree).encode()


class _Hollow(ast.NodeTransformer):
    def visit_Assert(self, node: ast.Assert) -> ast.Expr:
        """The expression still runs."""
        return ast.Expr(node.test)


def hollowed(source: bytes) -> bytes:
    """Assertions become expressions that nobody looks at."""
    return ast.unparse(ast.fix_missing_locations(_Hollow().visit(ast.parse(source)))).encode()


def tried(takehome: Takehome, name: str, tests: Mapping[str, bytes]) -> Suite | None:
    """Both figures; None for a suite that does not accept the reference."""
    code = {path: text for path, text in takehome.reference.items() if not ours.is_test(path)}
    if not passes({**code, **tests}):
        return None
    mutation, _ = ours.tried({**code, **tests}, MUTANTS)
    noticed = sum(mutant.outcome in {"killed", "timeout"} for mutant in mutation.mutants)
    wrong = [
        {path: text for path, text in files.items() if not ours.is_test(path)}
        for broken, files in takehome.broken.items()
        if set(takehome.spec.broken[broken].loses) & CORRECTNESS[takehome.name]
    ]
    caught = sum(not passes({**other, **tests}) for other in wrong)
    count = sum(text.count(b"def test_") for text in tests.values())
    print(f"done: {name}", file=sys.stderr)
    return Suite(name, count, noticed / len(mutation.mutants), caught / len(wrong))


def passes(files: Mapping[str, bytes]) -> bool:
    """Whether all tests among the files pass."""
    with tempfile.TemporaryDirectory() as folder:
        ours.write(Path(folder), files)
        command = [sys.executable, "-m", "pytest", "-x", "-q", "-p", "no:cacheprovider", "--rootdir", folder]
        environment = {**os.environ, "PYTEST_DISABLE_PLUGIN_AUTOLOAD": "1"}
        done = subprocess.run(
            command, cwd=folder, capture_output=True, env=environment, check=False, timeout=SECONDS
        )
    return done.returncode == 0


def tau(pairs: list[tuple[float, float]]) -> float:
    """Kendall's tau-b: pairs that both figures rank alike, less those they rank differently; ties are allowed for.

    M. G. Kendall, "The treatment of ties in ranking problems", Biometrika 33 (1945).
    """
    agree = ties_left = ties_right = 0
    total = 0
    for (left, right), (other_left, other_right) in combinations(pairs, 2):
        total += 1
        ties_left += left == other_left
        ties_right += right == other_right
        sign = (left - other_left) * (right - other_right)
        agree += (sign > 0) - (sign < 0)
    scale = ((total - ties_left) * (total - ties_right)) ** 0.5
    return agree / scale if scale else 0.0


if __name__ == "__main__":
    main()
