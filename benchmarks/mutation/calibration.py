"""`python -m benchmarks.mutation.calibration`: does the mutation score follow the number of wrong solutions caught?

The suites of a take-home's reference and samples are made weaker in several ways (every second test, one of four, one,
assertions that look at nothing), and those of its broken solutions are taken as they are. Each is tried on changes of
the reference, and against every broken solution that does the wrong thing: two figures, of which the first should rank
suites as the second does. The first is given as the measure has it, where only tests count that assert something, and
bare: whatever a test notices. Runs outside of the sandbox, with our own code only.
"""

from __future__ import annotations

import ast
import os
import subprocess
import sys
import tempfile
from collections.abc import Callable, Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from functools import partial
from itertools import combinations
from pathlib import Path

from benchmarks.mutation import ours
from grader import evidence as e
from grader.facts import assertions_of, reading_of
from grader.library import built_in
from grader.measures import CATALOGUE
from grader.reading import read
from grader.rubric import parse
from grader.takehome import Takehome, find, shelf

TAKEHOMES = ("flatten", "retry", "ledger-refactor")
MUTANTS = 30
SECONDS = 60
"""Wall time for one run of a suite; what takes longer on a wrong solution has noticed it."""
JOBS = 2

Weakening = Callable[[bytes], bytes]


@dataclass(frozen=True)
class Suite:
    """One suite and what it notices, as shares."""

    name: str
    tests: int
    score: float
    """As the measure has it."""
    noticed: float
    """Of the changes, whatever noticed them."""
    caught: float
    """Of the wrong solutions."""


FIGURES: Mapping[str, Callable[[Suite], float]] = {
    "mutation score": lambda suite: suite.score,
    "changes noticed": lambda suite: suite.noticed,
    "number of tests": lambda suite: float(suite.tests),
}
"""What might tell how many wrong solutions a suite catches."""


def main() -> None:
    """Print a table for each take-home, and the rank correlations."""
    found = {name: suites_of(find(name, shelf())) for name in sys.argv[1:] or TAKEHOMES}
    print("\n| take-home | suites | " + " | ".join(f"tau of the {name}" for name in FIGURES) + " |")
    print("|---|--:|" + "--:|" * len(FIGURES))
    for name, suites in {**found, "all": [suite for each in found.values() for suite in each]}.items():
        taus = (tau([(of(suite), suite.caught) for suite in suites]) for of in FIGURES.values())
        print(f"| {name} | {len(suites)} | " + " | ".join(f"{one:.2f}" for one in taus) + " |", flush=True)


def suites_of(takehome: Takehome) -> list[Suite]:
    """Try all suites, and print what became of each."""
    wrong = wrong_solutions(takehome)
    with ThreadPoolExecutor(max_workers=JOBS) as threads:
        tries = threads.map(partial(tried, takehome, wrong), *zip(*variants(takehome), strict=True))
        suites = [suite for suite in tries if suite is not None]
    print(f"\n`{takehome.name}`, {len(wrong)} wrong solutions\n")
    print(
        "| suite | tests | mutation score | changes noticed | wrong solutions caught |\n|---|--:|--:|--:|--:|"
    )
    for one in sorted(suites, key=lambda one: (-one.caught, -one.score)):
        print(
            f"| {one.name} | {one.tests} | {one.score:.0%} | {one.noticed:.0%} | {one.caught:.0%} |",
            flush=True,
        )
    return suites


def wrong_solutions(takehome: Takehome) -> list[dict[str, bytes]]:
    """The code of the broken solutions that lose in a criterion of hidden tests; each code once."""
    rubric = parse(takehome.rubric_yaml, takehome.name, built_in())
    of_behaviour = {
        criterion.id
        for criterion in rubric.criteria
        if any(str(getattr(item, "measure", "")).startswith("hidden_tests.") for item in criterion.items)
    }
    found: list[dict[str, bytes]] = []
    for name, files in takehome.broken.items():
        code = code_of(files)
        if (
            of_behaviour & set(takehome.spec.broken[name].loses)
            and code not in found
            and code != code_of(takehome.reference)
        ):
            found.append(code)
    return found


def code_of(files: Mapping[str, bytes]) -> dict[str, bytes]:
    """What is no test among files."""
    return {path: text for path, text in files.items() if not ours.is_test(path)}


def variants(takehome: Takehome) -> Iterator[tuple[str, Mapping[str, bytes]]]:
    """Suites by name, each once."""
    seen = []
    weaker: tuple[tuple[str, Weakening], ...] = (
        ("", lambda text: text),
        (", tests 1, 3, 5 …", partial(thinned, step=2, first=0)),
        (", tests 2, 4, 6 …", partial(thinned, step=2, first=1)),
        (", tests 1, 5, 9 …", partial(thinned, step=4, first=0)),
        (", one test", partial(thinned, step=1000, first=0)),
        (", without assertions", hollowed),
    )
    samples = {f"sample {name}": files for name, files in takehome.samples.items()}
    for name, files in {"reference": takehome.reference, **samples, **takehome.broken}.items():
        tests = {path: content for path, content in files.items() if ours.is_test(path)}
        for words, change in weaker[: 1 if name in takehome.broken else None]:
            suite = {path: change(text) for path, text in tests.items()}
            if suite and suite not in seen:
                seen.append(suite)
                yield name + words, suite


def thinned(source: bytes, step: int, first: int) -> bytes:
    """Of the test functions of a file, only each `step`-th from `first` on is left."""
    tree = ast.parse(source)
    kinds = (ast.FunctionDef, ast.AsyncFunctionDef)
    tests = [node for node in tree.body if isinstance(node, kinds) and node.name.startswith("test")]
    gone = {id(test) for number, test in enumerate(tests) if number % step != first}
    tree.body = [node for node in tree.body if id(node) not in gone]
    return ast.unparse(tree).encode()


class _Hollow(ast.NodeTransformer):
    def visit_Assert(self, node: ast.Assert) -> ast.Expr:
        """The expression still runs."""
        return ast.Expr(node.test)


def hollowed(source: bytes) -> bytes:
    """Assertions become expressions that nobody looks at."""
    return ast.unparse(ast.fix_missing_locations(_Hollow().visit(ast.parse(source)))).encode()


def tried(
    takehome: Takehome, wrong: list[dict[str, bytes]], name: str, tests: Mapping[str, bytes]
) -> Suite | None:
    """All figures; None for a suite that does not accept the reference."""
    files = {**code_of(takehome.reference), **tests}
    if not passes(files):
        print(f"{takehome.name}: {name} does not accept the reference", file=sys.stderr)
        return None
    mutation, orders = ours.tried(files, MUTANTS)
    noticed = sum(mutant.outcome in {"killed", "timeout"} for mutant in mutation.mutants)
    caught = sum(not passes({**other, **tests}) for other in wrong)
    count = sum(text.count(b"def test_") for text in tests.values())
    suite = Suite(
        name, count, score(files, mutation, orders), noticed / len(mutation.mutants), caught / len(wrong)
    )
    print(f"{takehome.name}: {suite}", file=sys.stderr)
    return suite


def score(files: Mapping[str, bytes], mutation: e.Mutation, orders: tuple[e.OrderedRun, ...]) -> float:
    """What the measure makes of it, where no known-bad solution bounds it."""
    with tempfile.TemporaryDirectory() as folder:
        ours.write(Path(folder), files)
        facts = read(folder, {})
    listed = tuple(
        e.SubmittedFile(path=path, size=len(text), sha256="", kind="test" if ours.is_test(path) else "source")
        for path, text in files.items()
    )
    mutants = [mutant.model_copy(update={"by": mutant.by.partition("[")[0]}) for mutant in mutation.mutants]
    passed = tuple(
        e.OwnTest(id=test, outcome=e.TestOutcome.PASSED, assertions=count)
        for test, count in assertions_of(facts).items()
    )
    evidence = e.Evidence(
        outcome=e.Outcome.GRADED,
        submission=e.Submission(digest="", files=listed),
        takehome=e.TakehomeId(name="", title="", digest=""),
        environment=e.EnvironmentId(name="none", image="none", runtime="none"),
        own_tests=e.OwnTests(
            tests=passed, mutation=mutation.model_copy(update={"mutants": tuple(mutants)}), orders=orders
        ),
        reading=reading_of(facts, files),
    )
    measured = CATALOGUE["own_tests.mutation_score"].of(evidence, {})
    if measured.value is None:
        raise RuntimeError(f"there is no mutation score: {measured.why}")
    return float(measured.value)


def passes(files: Mapping[str, bytes]) -> bool:
    """Whether all tests among the files pass, in time."""
    with tempfile.TemporaryDirectory() as folder:
        ours.write(Path(folder), files)
        command = [sys.executable, "-m", "pytest", "-x", "-q", "-p", "no:cacheprovider", "--rootdir", folder]
        environment = {**os.environ, "PYTEST_DISABLE_PLUGIN_AUTOLOAD": "1"}
        try:
            done = subprocess.run(
                command, cwd=folder, capture_output=True, env=environment, check=False, timeout=SECONDS
            )
        except subprocess.TimeoutExpired:
            return False
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
