"""What is to be done with a submission: the take-home's rules, in the terms of the pipeline."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from fnmatch import fnmatchcase
from pathlib import PurePosixPath
from typing import Literal

from grader.disguise import both_ways
from grader.evidence import TakehomeId
from grader.intake.names import kind_of
from grader.takehome import Takehome, digest_of
from grader.takehome_spec import OWN_TEST_PATHS
from sandbox.contract import Files, Limits, Suite

Role = Literal["original", "reference", "known_bad"]
_WORD = re.compile(r"[A-Za-z][a-z]+")


@dataclass(frozen=True)
class KnownTest:
    """A test that the hidden suite is known to have."""

    id: str
    criteria: tuple[str, ...] = ()
    workload: str | None = None
    """What it uses is compared with what the reference uses, under this name."""


@dataclass(frozen=True)
class VariantPlan:
    """Other code that the candidate's own tests are run against."""

    name: str
    role: Role
    files: Files


@dataclass(frozen=True)
class Plan:
    """Everything the pipeline needs to know beside the submission."""

    takehome: TakehomeId
    environment: str
    suite: Suite
    limits: Limits = field(default_factory=Limits)
    starter: Files = field(default_factory=dict)
    brief: str = ""
    required: tuple[str, ...] = ()
    own_test_paths: tuple[str, ...] = OWN_TEST_PATHS
    variants: tuple[VariantPlan, ...] = ()
    mutants: int = 0
    """Changes of the candidate's own code that their tests are tried on."""
    orders: bool = False
    """Whether their tests are run in other orders too."""
    reference: Files = field(default_factory=dict)
    """The solution that workloads are compared with."""
    known: tuple[KnownTest, ...] | None = None
    """All tests of the suite; None where no reference could tell: then what was collected counts."""

    def own_tests(self, files: Mapping[str, bytes]) -> tuple[str, ...]:
        """The paths among `files` that hold the candidate's own tests."""
        return tuple(
            path for path in sorted(files) if path.endswith(".py") and _matches(path, self.own_test_paths)
        )

    def brief_words(self) -> list[str]:
        """The vocabulary of the brief, which names may use."""
        return sorted({word.lower() for word in _WORD.findall(self.brief)})


def _matches(path: str, patterns: tuple[str, ...]) -> bool:
    pure = PurePosixPath(path)
    if pure.name == "conftest.py" or not (pure.name.startswith("test") or pure.stem.endswith("_test")):
        return False
    return any(
        fnmatchcase(path, pattern)
        or fnmatchcase(pure.name, pattern)
        or fnmatchcase(path, pattern.replace("**/", ""))
        for pattern in patterns
    )


def plan_for(takehome: Takehome, known: tuple[KnownTest, ...] | None = None) -> Plan:
    """The plan that takehome.yaml describes."""
    spec = takehome.spec
    return Plan(
        takehome=TakehomeId(name=takehome.name, title=spec.title, digest=takehome.digest),
        environment=spec.environment,
        suite=takehome.suite(),
        limits=takehome.limits(),
        starter=takehome.starter,
        brief=takehome.brief,
        required=spec.files.required,
        own_test_paths=spec.own_tests.paths,
        variants=tuple(_variants(takehome)),
        mutants=spec.own_tests.mutants,
        orders=spec.own_tests.orders,
        reference=takehome.reference,
        known=known,
    )


def _variants(takehome: Takehome) -> list[VariantPlan]:
    rules = takehome.spec.own_tests
    found = []
    original, reference = takehome.starter, takehome.reference
    if rules.original:  # which candidates know by its looks
        original, reference = both_ways(original, reference)
        found.append(VariantPlan("original", "original", original))
    if rules.reference or rules.known_bad or rules.original:
        found.append(VariantPlan("reference", "reference", reference))
    found += [VariantPlan(name, "known_bad", takehome.broken[name]) for name in rules.known_bad]
    return found


def plan_for_tests(name: str, tests: Files, environment: str, limits: Limits) -> Plan:
    """The plan for a bare folder of tests, without a take-home around it."""
    digest = digest_of(tests)
    return Plan(
        takehome=TakehomeId(name=name, title=f"Tests of {name}", digest=digest),
        environment=environment,
        suite=Suite(digest=digest, files=tests),
        limits=limits,
    )


def with_tests_of(
    submission: Mapping[str, bytes], variant: Files, own_tests: tuple[str, ...]
) -> dict[str, bytes]:
    """The files of a variant run: the variant's code with the candidate's tests, and their data, instead of its own."""
    kept = {path: content for path, content in variant.items() if kind_of(path) != "test"}
    brought = {
        path: content
        for path, content in submission.items()
        if path in own_tests or (kind_of(path) in {"test", "data"} and path not in kept)
    }
    return {**kept, **brought}
