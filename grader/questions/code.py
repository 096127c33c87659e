"""Questions from the source: findings, names, the most complex function."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass

from grader.evidence import Finding
from grader.measures.measure import one_line
from grader.measures.own_code import Place as Files
from grader.measures.own_code import own_paths
from grader.questions.idea import Idea, around, at, called, functions, probed, spelled
from grader.report import Question, Report

COMPLEX = 3
"""Ways through a function from which on its reader has to think."""


@dataclass(frozen=True)
class _Kind:
    """What is asked about findings of some rules. `question` may say {where}, {function} and {name}."""

    id: str
    tool: str
    rules: tuple[str, ...]
    question: str
    strong: tuple[str, ...]
    weak: str
    tells: int
    measure: str


KINDS = (
    _Kind(
        "broad-handler",
        "handling",
        ("bare-except", "broad-except", "silent-handler"),
        "At {where} {function} goes on after any error. Which errors did you expect there, and what would the caller "
        "see if another one came?",
        (
            "Names the one or two exceptions that can be expected, and catches only those.",
            "Says what the caller would get instead of an error: a wrong result, far from its cause.",
            "Knows where such a handler is right (the edge of a program), and that it logs there.",
        ),
        "Says that it must never crash.",
        80,
        "handling.findings",
    ),
    _Kind(
        "endless-wait",
        "handling",
        ("missing-timeout", "endless-retry"),
        "At {where} {function} waits for somebody else. What happens when they never answer?",
        (
            "Sees that everything behind it stops, and sets a limit on waiting and on trying.",
            "Says what the caller is told then, and why retries need a pause that grows and some chance in it.",
        ),
        "Says that the other side is reliable.",
        78,
        "handling.findings",
    ),
    _Kind(
        "lost-cause",
        "handling",
        ("lost-cause", "generic-raise", "empty-message"),
        "Suppose that the exception at {where} is all that you have in a log at night. What do you know, and what is "
        "missing?",
        (
            "Asks for the value that was wrong, and for the exception before it (`from error`).",
            "Says who reads it: a caller that decides by the type, or a person who reads the message.",
        ),
        "Would look at the code.",
        58,
        "handling.findings",
    ),
    _Kind(
        "shared-state",
        "structure",
        ("mutable-default", "global-state"),
        "What happens at {where} when {function} is called twice, or by two threads?",
        (
            "Sees that both calls share one object, and shows it with two calls.",
            "Moves the state to where it is owned, and says who that is.",
        ),
        "Does not see that anything is shared.",
        66,
        "structure.findings",
    ),
    _Kind(
        "blocking-call",
        "structure",
        ("blocking-in-async",),
        "While {function} waits at {where}, what do the other requests do?",
        (
            "Knows that one thread runs all of them, so that all wait.",
            "Names the awaitable form, or a thread for what has none.",
        ),
        "Says that `async` makes it fast.",
        76,
        "structure.findings",
    ),
    _Kind(
        "whole-file",
        "structure",
        ("whole-file-read",),
        "What does {where} do with a file of 50 GB?",
        (
            "Sees that all of it is in memory at once.",
            "Goes through it line by line, and says what has to be kept.",
        ),
        "Says that files are small.",
        62,
        "structure.findings",
    ),
    _Kind(
        "copied-code",
        "structure",
        ("duplicate-code",),
        "The lines at {where} stand in another place too. A rule in them changes: what would you do?",
        (
            "Gives the shared part a name and one home.",
            "Asks first whether the two are the same rule or only look alike today.",
        ),
        "Would change both.",
        52,
        "structure.findings",
    ),
    _Kind(
        "hollow-test",
        "tests",
        ("test-without-assertion", "tautology", "caught-assertion", "over-mocked"),
        "Break the code so that the test at {where} turns red. What do you have to change?",
        ("Sees that nothing turns it red.", "Writes down the result that it should have compared with."),
        "Believes that running without an error is a test.",
        70,
        "tests.findings",
    ),
    _Kind(
        "unclear-name",
        "naming",
        ("meaningless-name", "numbered-name", "misleading-name", "swapped-plural", "single-letter"),
        "Explain {name} ({where}) to somebody who does not see the code. What would you call it so that they need no "
        "explanation?",
        (
            "Finds a word from the task, not from the program.",
            "Notices when a thing is hard to name because it does two jobs.",
        ),
        "Says that names are a matter of taste.",
        44,
        "naming.findings",
    ),
)


def findings(report: Report) -> Iterator[Idea]:
    """One idea for each finding that there is a question about."""
    reading = report.evidence.reading
    source, tests = own_paths(report.evidence, Files()), own_paths(report.evidence, Files(where="tests"))
    for finding in reading.findings if reading else ():
        if finding.from_starter:
            continue
        for kind in KINDS:
            paths = tests if kind.tool == "tests" else source
            if finding.tool == kind.tool and finding.rule in kind.rules and finding.place.path in paths:
                yield Idea(_about(report, finding, kind), kind.tells)


def _about(report: Report, finding: Finding, kind: _Kind) -> Question:
    named = re.search("`[^`]+`", finding.message)
    words = {
        "where": spelled(finding.place),
        "function": around(report.evidence, finding.place),
        "name": one_line(named[0]) if named else "the name",
    }
    if words["function"] == words["where"]:
        words["function"] = "the code"
    question = re.sub(r"\{(\w+)\}", lambda part: words[part[1]], kind.question)
    return Question(
        id=kind.id,
        question=question,
        why=one_line(finding.message),
        evidence=(at(finding.place, "finding", finding.rule),),
        strong=kind.strong,
        weak=kind.weak,
        criterion=probed(report, kind.measure),
    )


def complex_function(report: Report) -> Iterator[Idea]:
    """The function that is hardest to follow, where one is."""
    for function in functions(report.evidence):
        if function.cyclomatic >= COMPLEX:
            yield Idea(
                Question(
                    id="complex-function",
                    question=f"Walk me through {called(function.name)} ({spelled(function.place)}). "
                    "Where would you cut it, and what would you call the parts?",
                    why=f"The most complex function: cyclomatic complexity {function.cyclomatic} in {function.lines} "
                    "lines.",
                    evidence=(at(function.place, "function", function.name),),
                    strong=(
                        "Tells what it does in two sentences before reading lines.",
                        "Cuts along what changes for different reasons, and finds names from the task.",
                        "Says what the cut costs, or why it is better left whole.",
                    ),
                    weak="Reads it out line by line.",
                    criterion=probed(report, "complexity."),
                ),
                # one question of this kind is kept, so the most complex must rank first; never above a mistake
                min(57, 40 + function.cyclomatic),
            )


def silenced_tool(report: Report) -> Iterator[Idea]:
    """A comment that silences a tool, which somebody decided to write."""
    reading = report.evidence.reading
    for suppression in reading.suppressions if reading else ():
        yield Idea(
            Question(
                id="silenced-tool",
                question=f"At {spelled(suppression.place)} a tool is told to be quiet. What did it say, and why is it "
                "wrong?",
                why=f"`{one_line(suppression.text)}`",
                evidence=(at(suppression.place, "finding", "suppression", suppression.text),),
                strong=("Remembers the message, and has a reason that holds.", "Or would take it out today."),
                weak="Says that the tool was in the way.",
                criterion=probed(report, "suppressions.", "lint."),
            ),
            50,
        )


SOURCES: tuple[Callable[[Report], Iterator[Idea]], ...] = (findings, complex_function, silenced_tool)
