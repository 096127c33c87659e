"""Measures of complexity: cyclomatic complexity and length of functions, maintainability of files.

Functions that were given out (`from_starter`) count only where a rubric says `starter: true`.
"""

from __future__ import annotations

from collections.abc import Sequence
from fractions import Fraction
from math import floor, isfinite

from pydantic import Field

from grader.evidence import Evidence, FunctionComplexity
from grader.measures.measure import Measure, Measured, counted, one_line, unknown, value
from grader.measures.own_code import Place, own_paths, own_reading
from grader.report import EvidenceLink


class Limit(Place):
    limit: int = Field(default=10, ge=1)
    """Cyclomatic complexity that a function may have."""


class LineLimit(Place):
    limit: int = Field(default=50, ge=1)
    """Lines that a function may have."""


class AgainstReference(Place):
    reference: int = Field(ge=1)
    """Highest cyclomatic complexity of a function in the reference solution."""


class PerFunction(Place):
    functions: dict[str, int] = Field(default_factory=dict)
    """Name of a function of the interface → its cyclomatic complexity in the reference solution."""
    limit: int = Field(default=10, ge=1)
    """Cyclomatic complexity that any other function may have."""
    times: Fraction = Field(default=Fraction(3, 2), ge=1)
    """How many times the reference's complexity a function of the interface may have."""


def _functions(evidence: Evidence, given: Place) -> list[FunctionComplexity] | Measured:
    reading = own_reading(evidence, given.where)
    if isinstance(reading, Measured):
        return reading
    paths = own_paths(evidence, given)
    return [f for f in reading.functions if f.place.path in paths and (given.starter or not f.from_starter)]


def _link(function: FunctionComplexity) -> EvidenceLink:
    text = f"complexity {function.cyclomatic}, {counted(function.lines, 'line')}"
    return EvidenceLink(
        kind="function",
        ref=one_line(function.name),
        path=function.place.path,
        line=function.place.line,
        text=text,
    )


def _by_complexity(functions: Sequence[FunctionComplexity]) -> list[FunctionComplexity]:
    return sorted(functions, key=lambda function: -function.cyclomatic)


def _max(evidence: Evidence, given: Place) -> Measured:
    functions = _functions(evidence, given)
    if isinstance(functions, Measured):
        return functions
    if not functions:
        return unknown("There is no function of the candidate's own.")
    worst = _by_complexity(functions)
    top = worst[0]
    why = f"{one_line(top.name)} is the most complex function, with {top.cyclomatic}."
    return value(top.cyclomatic, why, map(_link, worst))


def _worst_ratio(evidence: Evidence, given: AgainstReference) -> Measured:
    measured = _max(evidence, given)
    if measured.value is None:
        return measured
    why = f"{measured.why.removesuffix('.')}; a reference solution has {given.reference}."
    return Measured(measured.value / given.reference, why, measured.links, measured.left_out)


def _over(evidence: Evidence, given: Limit) -> Measured:
    functions = _functions(evidence, given)
    if isinstance(functions, Measured):
        return functions
    over = [function for function in _by_complexity(functions) if function.cyclomatic > given.limit]
    why = f"{counted(len(over), 'function')} of {len(functions)} above a complexity of {given.limit}."
    return value(len(over), why, map(_link, over))


def _excess(evidence: Evidence, given: PerFunction) -> Measured:
    functions = _functions(evidence, given)
    if isinstance(functions, Measured):
        return functions
    over: list[tuple[int, FunctionComplexity]] = []
    for function in functions:
        wanted = given.functions.get(function.name)
        allowed = given.limit if wanted is None else max(given.limit // 2, floor(wanted * given.times))
        if function.cyclomatic > allowed and ".<locals>." not in function.name:  # counted in the outer one
            over.append((function.cyclomatic - allowed, function))
    over.sort(key=lambda pair: -pair[0])
    total = sum(excess for excess, _ in over)
    why = f"{counted(total, 'decision')} too many, in {counted(len(over), 'function')} of {len(functions)}."
    return value(total, why, [_link(function) for _, function in over])


def _long(evidence: Evidence, given: LineLimit) -> Measured:
    functions = _functions(evidence, given)
    if isinstance(functions, Measured):
        return functions
    over = sorted((f for f in functions if f.lines > given.limit), key=lambda function: -function.lines)
    why = f"{counted(len(over), 'function')} of {len(functions)} longer than {given.limit} lines."
    return value(len(over), why, map(_link, over))


def _maintainability(evidence: Evidence, given: Place) -> Measured:
    reading = own_reading(evidence, given.where)
    if isinstance(reading, Measured):
        return reading
    paths = own_paths(evidence, given)
    files = sorted(
        (
            file
            for file in reading.files
            if file.path in paths and file.sloc and isfinite(file.maintainability)
        ),
        key=lambda file: file.maintainability,
    )
    if not files:
        return unknown("The files hold no line of code.")
    links = [
        EvidenceLink(kind="file", ref=f.path, path=f.path, text=f"maintainability {f.maintainability:.1f}")
        for f in files
    ]
    why = f"{files[0].path} is the hardest to maintain, with an index of {files[0].maintainability:.1f}."
    return value(Fraction(files[0].maintainability), why, links)


MEASURES: tuple[
    Measure[Place] | Measure[Limit] | Measure[LineLimit] | Measure[AgainstReference] | Measure[PerFunction],
    ...,
] = (
    Measure(
        "complexity.max",
        "count",
        "cyclomatic complexity of the most complex function",
        Place,
        _max,
        good_when_empty=True,
    ),
    Measure(
        "complexity.worst_ratio",
        "number",
        "the same, divided by that of the reference solution",
        AgainstReference,
        _worst_ratio,
        good_when_empty=True,
    ),
    Measure(
        "complexity.excess",
        "count",
        "decisions above what each function may have, by the reference's function of that name or by a limit",
        PerFunction,
        _excess,
        good_when_empty=True,
    ),
    Measure(
        "complexity.functions_over",
        "count",
        "functions above a cyclomatic complexity",
        Limit,
        _over,
        good_when_empty=True,
    ),
    Measure(
        "complexity.long_functions",
        "count",
        "functions longer than a number of lines",
        LineLimit,
        _long,
        good_when_empty=True,
    ),
    Measure(
        "complexity.maintainability",
        "number",
        "maintainability index (0..100) of the file that is hardest to maintain",
        Place,
        _maintainability,
        good_when_empty=True,
    ),
)
