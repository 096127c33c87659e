"""Questions from what ran: hidden tests, their own tests on right, wrong and changed code, coverage, workloads."""

from __future__ import annotations

from collections.abc import Callable, Iterator

from grader.evidence import HiddenTest, Place, TestOutcome
from grader.measures.measure import counted, one_line
from grader.measures.mutation import link_to, versions
from grader.questions.idea import (
    Idea,
    around,
    at,
    called,
    criterion_called,
    functions,
    holding,
    probed,
    spelled,
)
from grader.report import EvidenceLink, Question, Report

MANY_TESTS = 3
RATIO = 1.5
"""Memory or processor time, as a multiple of the reference's, from which on it is worth asking."""


def failed_test(report: Report) -> Iterator[Idea]:
    """A part of the brief that does not work: can they find the reason without being shown the test?"""
    hidden = report.evidence.hidden_tests
    for test in hidden.tests if hidden else ():
        if test.outcome in {TestOutcome.PASSED, TestOutcome.SKIPPED} or test.flaky:
            continue
        criterion = criterion_called(report, test.criteria[0]) if test.criteria else None
        topic = criterion.title if criterion else "what the brief asks for"
        weight = criterion.max - criterion.points if criterion else 0.0
        yield Idea(
            _failed(report, test, topic, criterion.id if criterion else None), 90 + min(5, int(weight / 4))
        )


def _failed(report: Report, test: HiddenTest, topic: str, criterion: str | None) -> Question:
    where = f" Start at {around(report.evidence, test.place)}." if test.place else ""
    links = [EvidenceLink(kind="test", ref=test.id, text=test.outcome.value, reviewer_only=True)]
    if test.place:
        links.append(at(test.place, "file", test.place.path))
    said = next((line.strip() for line in test.message.splitlines() if line.strip()), "")
    return Question(
        id="failed-test",
        question=f"Something that the brief says about “{one_line(topic)}” does not work. Find an input for which it "
        f"goes wrong, and say why.{where}",
        why=f"A hidden test of it did not pass{': ' + one_line(said) if said else '.'}",
        evidence=tuple(links),
        strong=(
            "Goes back to the sentence of the brief, and names the input before running anything.",
            "Follows that input through the code to the line where it turns.",
            "Says how the mistake got past the tests, and which test would have caught it.",
        ),
        weak="Tries inputs at random, or changes lines until something passes.",
        criterion=criterion,
    )


def missed_bug(report: Report) -> Iterator[Idea]:
    """A solution with a known bug that their tests let pass."""
    own = report.evidence.own_tests
    passing = own is not None and any(test.outcome is TestOutcome.PASSED for test in own.tests)
    for variant in own.variants if own and passing else ():
        if variant.role == "known_bad" and variant.outcome == "accepted":
            bug = one_line(variant.name.replace("-", " "))
            yield Idea(
                Question(
                    id="missed-bug",
                    question="A colleague's version of this has a bug, and your tests are green on it. "
                    f"It {bug}. Which test would you add, with which input and which result?",
                    why=f"The known-bad solution `{one_line(variant.name)}` passes all of their tests.",
                    evidence=(EvidenceLink(kind="variant", ref=variant.name, reviewer_only=True),),
                    strong=(
                        "Names the smallest input on which the two versions differ, and the right result.",
                        "Puts it beside the tests that nearly caught it, with a name that says the behaviour.",
                        "Asks what else is not tested for the same reason.",
                    ),
                    weak="Wants more tests in general, or a higher coverage.",
                    criterion=probed(report, "own_tests.known_bad_caught", "own_tests."),
                ),
                85,
            )


def surviving_mutant(report: Report) -> Iterator[Idea]:
    """A small change of their code that their tests ran and let pass; in the most complex function first."""
    own = report.evidence.own_tests
    for mutant in own.mutation.mutants if own and own.mutation else ():
        if mutant.outcome != "survived":
            continue  # what no test runs is asked about as such
        before, after = (one_line(version) for version in versions(mutant))
        function = holding(report.evidence, mutant.place)
        where = f", in {called(function.name)}" if function else ""
        yield Idea(
            Question(
                id="surviving-mutant",
                question=f"At {spelled(mutant.place)}{where}, I write `{after}` instead of `{before}`, and all of "
                "your tests still pass. Which input tells the two apart, and what should come out?",
                why="Their tests run the line, and none fails when it is changed like this. The two may do the same "
                "for every input: then saying so, and why, is the answer.",
                evidence=(link_to(mutant),),
                strong=(
                    "Finds an input on which the two differ, or shows that there is none.",
                    "Says which result is right by the brief, not by what the code happens to do.",
                    "Puts the input into a test beside the one that came closest, and runs it on both versions.",
                ),
                weak="Says that nobody would write that.",
                criterion=probed(report, "own_tests.mutation_score", "own_tests."),
            ),
            71 + min(3, function.cyclomatic // 3 if function else 0),
        )


def pinned_code(report: Report) -> Iterator[Idea]:
    """Tests that refuse a right solution know more than the brief says."""
    own = report.evidence.own_tests
    for variant in own.variants if own else ():
        if variant.role == "reference" and variant.outcome == "rejected":
            yield Idea(
                Question(
                    id="pinned-code",
                    question="Some of your tests fail on another right solution. Which ones check how the code is "
                    "written instead of what it does?",
                    why=f"Their tests reject the reference{': ' + one_line(variant.reason) if variant.reason else '.'}",
                    evidence=(EvidenceLink(kind="variant", ref=variant.name, reviewer_only=True),),
                    strong=(
                        "Finds the test that reaches for a private name, an exact message or an unpromised order.",
                        "Rewrites its assertion in terms of the brief.",
                    ),
                    weak="Says that the other solution must be wrong.",
                    criterion=probed(report, "own_tests.accepts_reference", "own_tests."),
                ),
                75,
            )


def untested_function(report: Report) -> Iterator[Idea]:
    """A function of which no line ran under their tests."""
    own = report.evidence.own_tests
    missed = {file.path: set(file.missing_lines) for file in own.coverage} if own and own.tests else {}
    for function in functions(report.evidence):
        last = function.place.end_line or function.place.line + function.lines - 1
        body = range(function.place.line + 1, last + 1)
        lines = missed.get(function.place.path, set())
        if len(body) > 1 and lines and body[-1] in lines and not _ran(body, lines, function.place):
            yield Idea(
                Question(
                    id="untested-function",
                    question=f"None of your tests runs {called(function.name)} ({spelled(function.place)}). "
                    "How do you know that it works, and how would you test it?",
                    why="No statement of it ran under their own tests.",
                    evidence=(at(function.place, "function", function.name),),
                    strong=(
                        "Knows that it is untested, and why it was left.",
                        "Names the cases that matter, and what has to be replaced or passed in to reach them.",
                    ),
                    weak="Says that it is too simple to break.",
                    criterion=probed(report, "own_tests.line_coverage", "own_tests."),
                ),
                60 + min(9, function.cyclomatic),
            )


def _ran(body: range, missed: set[int], place: Place) -> bool:
    """Whether a line of the body may have run: at most a docstring's worth of lines before the first missed one."""
    first = min((line for line in missed if line in body), default=place.line)
    inside = [line for line in missed if line in body]
    return first - body[0] > 12 or len(inside) * 3 < len(body) - (first - body[0])


def costly_workload(report: Report) -> Iterator[Idea]:
    """Large input that costs much more than it does in the reference."""
    for load in report.evidence.resources.workloads if report.evidence.resources else ():
        if load.candidate is None or load.reference is None:
            continue
        memory = load.candidate.memory_bytes / max(1, load.reference.memory_bytes)
        seconds = load.candidate.cpu_seconds / max(0.01, load.reference.cpu_seconds)
        what, times = ("memory", memory) if memory >= seconds else ("processor time", seconds)
        if times < RATIO:
            continue
        yield Idea(
            Question(
                id="costly-workload",
                question=f"On a large input your program needs {times:.1f} times the {what} of ours. "
                "Where does it go, and how would you find out?",
                why=f"Workload `{one_line(load.name)}`: {what} {times:.1f} times that of the reference.",
                evidence=(EvidenceLink(kind="workload", ref=load.name, reviewer_only=True),),
                strong=(
                    "Measures before guessing, and names the tool.",
                    "Names what is kept or repeated for each entry, and what could be forgotten sooner.",
                    "Says from which size on it matters.",
                ),
                weak="Would use a faster language or a larger machine.",
                criterion=probed(report, "resources."),
            ),
            72,
        )


def _caller(report: Report, place: Place) -> str:
    name = around(report.evidence, place)
    return "the program" if name == spelled(place) else name


def unreached_line(report: Report) -> Iterator[Idea]:
    """A place that no test of theirs reaches, in a function that they do test."""
    own = report.evidence.own_tests
    written = {function.place.path for function in functions(report.evidence)}
    for file in own.coverage if own and own.tests else ():
        if file.path in written and file.missing_lines and file.covered:
            place = Place(path=file.path, line=file.missing_lines[0])
            yield Idea(
                Question(
                    id="unreached-line",
                    question=f"Which input brings {_caller(report, place)} to {spelled(place)}? What should "
                    "come out?",
                    why=f"{counted(len(file.missing_lines), 'line')} of {one_line(file.path)} never ran under their "
                    "own tests.",
                    evidence=(at(place, "coverage", file.path),),
                    strong=(
                        "Works backwards from the line to the input.",
                        "Says whether it deserves a test, or should not be there.",
                    ),
                    weak="Has to run it to find out.",
                    criterion=probed(
                        report, "own_tests.line_coverage", "own_tests.branch_coverage", "own_tests."
                    ),
                ),
                46,
            )


def first_test_to_go(report: Report) -> Iterator[Idea]:
    """Whoever knows what each test is for knows which one to give up."""
    own = report.evidence.own_tests
    passing = [
        test for test in (own.tests if own else ()) if test.outcome is TestOutcome.PASSED and test.assertions
    ]
    if len(passing) < MANY_TESTS:
        return
    first = passing[0]
    yield Idea(
        Question(
            id="first-test-to-go",
            question=f"You have {len(passing)} tests. Which one would you give up first, which one last, and why?",
            why="It shows whether they know what each test is for.",
            evidence=(
                EvidenceLink(kind="test", ref=first.id, path=first.place.path if first.place else None),
            ),
            strong=(
                "Finds two that fail together for every mistake, and keeps the one with the better name.",
                "Keeps longest what would cost most if it broke unseen.",
            ),
            weak="Would keep all of them, or the one that covers most lines.",
            criterion=probed(report, "own_tests.count", "own_tests."),
        ),
        34,
    )


SOURCES: tuple[Callable[[Report], Iterator[Idea]], ...] = (
    failed_test,
    missed_bug,
    surviving_mutant,
    pinned_code,
    untested_function,
    costly_workload,
    unreached_line,
    first_test_to_go,
)
