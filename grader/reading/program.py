"""One reading: scan, parse once, start ruff, check the trees meanwhile, mark what was given, bound, sort."""

from __future__ import annotations

import gc
import time
from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any, TypeVar

from . import (
    boundary,
    complexity,
    design,
    documentation,
    duplication,
    elsewhere,
    habits,
    handling,
    identifiers,
    landmarks,
    languages,
    lint,
    mutants,
    naming,
    noise,
    queries,
    raising,
    resources,
    services,
    structure,
    suppressions,
    tests_smells,
    waiting,
)
from .limits import (
    MAX_FINDINGS,
    MAX_FINDINGS_PER_FILE,
    MAX_FUNCTIONS,
    MAX_LANDMARKS,
    MAX_SUPPRESSIONS,
    MAX_UNREADABLE,
    READ_SECONDS,
    cut,
)
from .remarks import Remark
from .source import Folder, Refused, Source, Unreadable, scan
from .starter import Starter
from .tree import Module, parse

T = TypeVar("T")
OUT_OF_TIME = "not looked at: the time for reading was over"
WARM_UP = (
    "def total(values):  # every import and cache that a child would meet first\n    return sum(values)\n"
)


FIGURES = (
    *("source_files", "sloc", "comment_lines", "identifiers", "documented_modules"),
    *("functions", "public_functions", "documented_functions", "annotated_functions"),
    *(
        "arguments",
        "annotated_arguments",
        "telling_docstrings",
        "telling_annotations",
        "classes",
        "documented_classes",
    ),
    *("readme_words", "readme_shows_commands", "readme_gives_reasons"),
    *("test_sloc", "test_functions", "test_assertions"),
)
"""Names of the counts; lines and functions of the starter are in none of them. See docs/checks.md."""


@dataclass
class Options:
    """What the caller may say about a submission. Unknown keys are ignored, so old readers serve new callers."""

    starter: Mapping[str, str] = field(default_factory=dict)
    brief_words: frozenset[str] = frozenset()
    tests: frozenset[str] = frozenset()
    deny: frozenset[str] = frozenset()
    mutants: int = 0
    """How many changes of the code to name that their tests should notice."""
    seed: str = ""
    """Decides how the changes look."""
    seconds: float = READ_SECONDS
    """Processor time after which files that were not looked at yet are given up."""

    @classmethod
    def of(cls, options: Mapping[str, Any]) -> Options:
        """From JSON: {"starter": {path: text}, "brief_words": […], "tests": [path, …], "deny": [module, …],
        "mutants": how many, "seed": text, "seconds": processor time}.
        """
        return cls(
            starter=options.get("starter") or {},
            brief_words=frozenset(word.lower() for word in options.get("brief_words") or ()),
            tests=frozenset(options.get("tests") or ()),
            deny=frozenset(options.get("deny") or ()),
            mutants=int(options.get("mutants", 0)),
            seed=str(options.get("seed", "")),
            seconds=float(options.get("seconds", READ_SECONDS)),
        )


@dataclass
class Facts:
    """Facts in the making, in the shape of `grader.evidence.Reading`."""

    findings: list[Remark] = field(default_factory=list)
    suppressions: list[dict[str, Any]] = field(default_factory=list)
    functions: list[dict[str, Any]] = field(default_factory=list)
    files: list[dict[str, Any]] = field(default_factory=list)
    landmarks: list[dict[str, Any]] = field(default_factory=list)
    figures: Counter[str] = field(default_factory=Counter)
    unreadable: list[Unreadable] = field(default_factory=list)
    builds: structure.Builds = field(default_factory=dict)
    foreign: languages.Found = field(default_factory=dict)
    assertions: dict[str, int] = field(default_factory=dict)
    mutants: list[dict[str, Any]] = field(default_factory=list)
    possible_mutants: int = 0
    given: dict[str, set[int]] = field(default_factory=dict)
    """Path → numbers of the lines that come from the starter."""


def warm() -> None:
    """Do everything once that a forked child would otherwise do first: imports, caches, the path of ruff."""
    source = Source("warm.py", WARM_UP, tuple(WARM_UP.split("\n")), utf8=True)
    module = parse(source, is_test=False)
    _check(module, Options(), Starter({}), Facts())
    lint.binary()


def read(root: str, options: Mapping[str, Any]) -> dict[str, Any]:
    """Static facts about the files below `root`, as JSON: the fields of `Reading`, `assertions` (pytest node id
    without parameters → assertions in its source), and, where they were asked for, `mutants` and `possible_mutants`.

    Nothing of the submission is run, no setting of it is obeyed. Files that cannot be read become `unreadable`.

    Raises:
        ToolMissing: there is no ruff.
    """
    # A tree is made of many small objects that all live to the end: looking for garbage doubles the time.
    collecting = gc.isenabled()
    gc.disable()
    try:
        return _read(root, Options.of(options))
    finally:
        if collecting:
            gc.enable()


def _read(root: str, wanted: Options) -> dict[str, Any]:
    deadline = time.process_time() + wanted.seconds
    folder = scan(root)
    facts = Facts(unreadable=folder.unreadable, figures=Counter(dict.fromkeys(FIGURES, 0)))
    modules = list(_parsed(folder, wanted, facts, deadline))
    runs = lint.start(root, [module.path for module in modules if module.source.utf8])
    facts.unreadable += [
        Unreadable(one.path, "not UTF-8: ruff cannot read it") for one in modules if not one.source.utf8
    ]
    starter = Starter(wanted.starter)
    _check_all(modules, wanted, starter, facts, deadline)
    _check_together(root, folder, modules, facts)
    if wanted.mutants and time.process_time() < deadline:
        readable = [module for module in modules if module.path in facts.given]
        facts.mutants, facts.possible_mutants = mutants.chosen(
            readable, facts.given, wanted.mutants, wanted.seed
        )
    facts.figures.update(documentation.readme(root, folder.others, wanted.starter))
    findings, broken = lint.collect(root, runs)
    tests = {module.path for module in modules if module.is_test}
    facts.findings += [finding for finding in findings if _counts(finding, tests)]
    facts.unreadable += broken
    for finding in facts.findings:
        spot = finding["place"]
        finding["from_starter"] = spot["line"] in facts.given.get(spot["path"], ())
    return _bounded(facts)


def _parsed(folder: Folder, options: Options, facts: Facts, deadline: float) -> Iterator[Module]:
    for source in folder.sources:
        if time.process_time() > deadline:
            facts.unreadable.append(Unreadable(source.path, OUT_OF_TIME))
            continue
        try:
            yield parse(source, is_test=tests_smells.is_test_file(source.path, options.tests))
        except Refused as refused:
            facts.unreadable.append(Unreadable(source.path, str(refused)))


def _check_all(
    modules: list[Module], options: Options, starter: Starter, facts: Facts, deadline: float
) -> None:
    facts.assertions = tests_smells.assertion_counts(modules)
    for module in modules:
        if time.process_time() > deadline:
            facts.unreadable.append(Unreadable(module.path, OUT_OF_TIME))
            continue
        try:
            _check(module, options, starter, facts)
        except (RecursionError, MemoryError):
            facts.unreadable.append(Unreadable(module.path, "too deep or too large for the checks"))


def _check_together(root: str, folder: Folder, modules: list[Module], facts: Facts) -> None:
    """What shows only when all files are seen at once."""
    facts.findings += structure.unused_private(modules)
    facts.findings += duplication.check(modules)
    facts.findings += languages.check(facts.foreign)
    facts.findings += design.check_together(modules)
    facts.figures.update(structure.written_by_hand(facts.builds))
    facts.unreadable += [
        Unreadable(module.path, elsewhere.AMONG_TESTS) for module in elsewhere.among_tests(modules)
    ]
    paths = [*(module.path for module in modules), *folder.others]
    facts.findings += structure.beside_the_code(root, paths)
    facts.suppressions += suppressions.settings(root, folder.others)


def _check(module: Module, options: Options, starter: Starter, facts: Facts) -> None:
    table = identifiers.identifiers(module)
    given = facts.given[module.path] = starter.lines(module)
    given_functions = starter.functions(module)
    facts.functions += complexity.functions(module, given_functions)
    facts.files.append(complexity.file_figures(module))
    facts.suppressions += suppressions.comments(module)
    for about_errors in (handling, raising, noise, boundary, services, waiting, resources):
        facts.findings += about_errors.check(module)
    facts.findings += naming.check(module, table, options.brief_words)
    languages.collect(module, table, given, facts.foreign)
    for about_shape in (structure, design, queries):
        facts.findings += about_shape.check(module)
    facts.findings += structure.denied_imports(module, options.deny)
    facts.findings += habits.check(module)
    facts.findings += tests_smells.check(module, facts.assertions)
    sloc = len(complexity.code_lines(module) - given)
    if module.is_test:
        tests = [test for test in tests_smells.test_functions(module) if test not in given_functions]
        counts = [facts.assertions.get(tests_smells.test_id(module, test), 0) for test in tests]
        facts.figures.update(test_sloc=sloc, test_functions=len(tests), test_assertions=sum(counts))
        return
    names = sum(getattr(identifier.node, "lineno", 0) not in given for identifier in table)
    comments = len(module.comment_lines - given)
    facts.landmarks += landmarks.find(module, given)
    facts.unreadable += [Unreadable(module.path, reason) for reason in elsewhere.reasons(module)]
    facts.figures.update(source_files=1, sloc=sloc, identifiers=names, comment_lines=comments)
    facts.figures.update(structure.figures(module, given_functions, facts.builds))


def _counts(finding: Remark, tests: set[str]) -> bool:
    """Rules that ask for the opposite of what tests do are not applied to them."""
    return not (
        finding["place"]["path"] in tests
        and finding["rule"] in {"B015", "B018", "PLR0124", "PLR0133", "F811"}
    )


def _bounded(facts: Facts) -> dict[str, Any]:
    """The facts in a fixed order, no more of each than the limits allow; what is left out is said."""
    unreadable = list(facts.unreadable)
    findings = _bounded_findings(facts.findings, unreadable)
    suppressed = _first(facts.suppressions, MAX_SUPPRESSIONS, "suppressions", unreadable)
    functions = _first(facts.functions, MAX_FUNCTIONS, "functions", unreadable)
    assertions = dict(_first(list(facts.assertions.items()), MAX_FUNCTIONS, "tests", unreadable))
    names = {_printable(fact.name): fact.reason for fact in reversed(unreadable)}
    return {
        "findings": findings,
        "suppressions": suppressed,
        "functions": functions,
        "files": facts.files,
        "landmarks": facts.landmarks[:MAX_LANDMARKS],
        "figures": {name: float(value) for name, value in sorted(facts.figures.items())},
        "unreadable": [
            {"name": cut(name, 300), "reason": cut(reason)}
            for name, reason in sorted(names.items())[:MAX_UNREADABLE]
        ],
        "assertions": assertions,
        "mutants": facts.mutants,
        "possible_mutants": facts.possible_mutants,
    }


def _bounded_findings(findings: list[Remark], unreadable: list[Unreadable]) -> list[Remark]:
    ordered = sorted(
        findings,
        key=lambda one: (
            one["place"]["path"],
            one["place"]["line"],
            one["place"].get("column", 0),
            one["tool"],
            one["rule"],
        ),
    )
    per_file: Counter[str] = Counter()
    kept: list[Remark] = []
    for finding in ordered:
        path = finding["place"]["path"]
        per_file[path] += 1
        if per_file[path] <= MAX_FINDINGS_PER_FILE and len(kept) < MAX_FINDINGS:
            kept.append(finding)
    for path, count in per_file.items():
        if count > MAX_FINDINGS_PER_FILE:
            reason = f"{count:,} findings, of which the first {MAX_FINDINGS_PER_FILE} are listed"
            unreadable.append(Unreadable(path, reason))
    listed = sum(min(count, MAX_FINDINGS_PER_FILE) for count in per_file.values())
    if listed > len(kept):
        reason = f"{sum(per_file.values()):,} findings, of which {len(kept):,} are listed"
        unreadable.append(Unreadable(".", reason))
    return kept


def _first(items: list[T], limit: int, what: str, unreadable: list[Unreadable]) -> list[T]:
    if len(items) > limit:
        unreadable.append(Unreadable(".", f"{len(items):,} {what}, of which the first {limit:,} are listed"))
    return items[:limit]


def _printable(name: str) -> str:
    """A file name as valid Unicode: bytes that are none are shown in hexadecimal."""
    return name.encode("utf-8", "backslashreplace").decode()
