"""Reports as they come out of a grading of `flatten`: a good, a middling, a poor one, and those that hurt."""

from __future__ import annotations

from collections.abc import Callable
from typing import Literal

from grader.evidence import (
    EnvironmentId,
    Evidence,
    FileComplexity,
    FileCoverage,
    Finding,
    FunctionComplexity,
    HiddenTest,
    HiddenTests,
    Mutant,
    Mutation,
    OrderedRun,
    Outcome,
    OwnTest,
    OwnTests,
    Place,
    Reading,
    RefusedEntry,
    Stage,
    Submission,
    SubmittedFile,
    Suppression,
    TakehomeId,
    TestOutcome,
    Variant,
)
from grader.report import (
    Band,
    Choice,
    Criterion,
    EvidenceLink,
    Explanation,
    Gate,
    Item,
    Override,
    Report,
    RubricId,
    Score,
)
from sandbox.contract import Files
from tests.grader.formats.measured import HISTORY, RESOURCES
from tests.grader.formats.sources import BAD, GOOD, MIDDLING, digest

Sample = tuple[Report, Files]
Kind = Literal["source", "test", "doc", "config", "data"]

RUBRIC = RubricId(name="flatten", title="Flatten", version="3", digest="sha256:" + "7c" * 32, level="mid")
TAKEHOME = TakehomeId(name="flatten", title="Flatten a nested dictionary", digest="sha256:" + "a1" * 32)
ENVIRONMENT = EnvironmentId(
    name="base",
    image="sha256:" + "5e" * 32,
    runtime="runc",
    versions={
        "python": "3.13.5",
        "pytest": "9.2.0",
        "coverage": "7.17.3",
        "ruff": "0.17.6",
        "radon": "6.0.1",
    },
)
STAGES = (
    Stage(name="intake", wall_seconds=0.004, cpu_seconds=0.004),
    Stage(name="read", wall_seconds=0.061, cpu_seconds=0.055),
    Stage(name="hidden", wall_seconds=0.118, cpu_seconds=0.094),
    Stage(name="own", wall_seconds=0.093, cpu_seconds=0.081),
    Stage(name="score", wall_seconds=0.003),
)
BARE_EXCEPT = Explanation(
    what="Handlers that catch everything, or that catch something and say nothing.",
    why="A mistake that is swallowed here is found by a customer later.",
    good="try:\n    value = mapping[key]\nexcept KeyError as error:\n"
    '    raise UnknownKey(f"no key {key!r}") from error',
    bad="try:\n    value = mapping[key]\nexcept:\n    pass",
)


def kind_of(path: str) -> Kind:
    name = path.rpartition("/")[2]
    if name.endswith(".py"):
        return "test" if name.startswith("test_") else "source"
    return "doc" if name.endswith(".md") else "data"


def submission(files: Files, refused: tuple[RefusedEntry, ...] = ()) -> Submission:
    return Submission(
        digest=digest(b"".join(files.values())),
        files=tuple(
            SubmittedFile(path=path, size=len(data), sha256=digest(data), kind=kind_of(path))
            for path, data in sorted(files.items())
        ),
        refused=refused,
    )


def hidden(
    name: str, criterion: str, outcome: TestOutcome = TestOutcome.PASSED, **more: object
) -> HiddenTest:
    fields = {
        "id": f"test_flatten.py::{name}",
        "criteria": (criterion,),
        "outcome": outcome,
        "seconds": 0.004,
    }
    return HiddenTest.model_validate(fields | more)


def link_to_test(test: HiddenTest) -> EvidenceLink:
    place = test.place
    return EvidenceLink(
        kind="test",
        ref=test.id,
        path=place.path if place else None,
        line=place.line if place else None,
        text=f"{test.outcome.value}: {test.message.splitlines()[0] if test.message else ''}",
        reviewer_only=True,
    )


def link_to_finding(finding: Finding) -> EvidenceLink:
    place = finding.place
    return EvidenceLink(
        kind="finding", ref=finding.rule, path=place.path, line=place.line, text=finding.message
    )


def item(name: str, title: str, points: float, maximum: float, why: str, **more: object) -> Item:
    fields = {"kind": "yes_no", "status": "judged", "explanation": Explanation(what=f"Looks at: {title}.")}
    base = {"id": name, "title": title, "points": points, "max": maximum, "why": why}
    return Item.model_validate(base | fields | more)


def criterion(name: str, title: str, why: str, word: str, *items: Item, pending: float = 0.0) -> Criterion:
    counted = [one for one in items if one.status != "needs_human"]
    return Criterion(
        id=name,
        title=title,
        why=why,
        word=word,
        items=items,
        pending=pending,
        points=sum(one.points for one in counted),
        max=sum(one.max for one in counted),
    )


def report(evidence: Evidence, *criteria: Criterion, band: Band | None = None, **more: object) -> Report:
    points, maximum = sum(one.points for one in criteria), sum(one.max for one in criteria)
    score = Score(
        points=points,
        max=maximum,
        share=round(points / maximum, 4),
        pending=sum(one.pending for one in criteria),
        exact=f"{points:g}/{maximum:g}",
    )
    fields = {"criteria": criteria, "score": score, "band": band, "rubric": RUBRIC, "evidence": evidence}
    recommendation = band.recommendation if band else None
    return Report.model_validate(
        {"outcome": Outcome.GRADED, "recommendation": recommendation} | fields | more
    )


def evidence(files: Files, **more: object) -> Evidence:
    fields = {"outcome": Outcome.GRADED, "submission": submission(files), "takehome": TAKEHOME}
    return Evidence.model_validate(fields | {"environment": ENVIRONMENT, "stages": STAGES} | more)


NAMES = (
    "test_empty", "test_one_level", "test_two_levels", "test_deep[10]", "test_deep[900]", "test_separator",
    "test_key_holds_separator", "test_list_values", "test_none_values", "test_input_unchanged", "test_not_a_dict",
)  # fmt: skip


CHANGES: tuple[Literal["killed", "survived", "not_reached"], ...] = (
    "killed", "killed", "survived", "not_reached", "killed",
)  # fmt: skip


def own_tests(path: str, count: int, coverage: tuple[FileCoverage, ...], *, caught: int) -> OwnTests:
    names = ("empty", "one_level", "nested", "separator", "lists", "none", "rejects_text")
    known = ("drops-empty", "last-key-only", "no-separator", "mutates-input")
    return OwnTests(
        tests=tuple(
            OwnTest(id=f"{path}::test_{name}", outcome=TestOutcome.PASSED, seconds=0.001, assertions=1,
                    place=Place(path=path, line=6 + 4 * number))
            for number, name in enumerate(names[:count])
        ),
        coverage=coverage,
        mutation=Mutation(
            mutants=tuple(
                Mutant(place=Place(path="flatten.py", line=14 + number), outcome=outcome,
                       diff=f"-     if depth > {number}:\n+     if depth >= {number}:")
                for number, outcome in enumerate(CHANGES[: caught + 1])
            ),
            possible=31, controls=4,
        ),
        orders=(
            OrderedRun(order="reversed", failing=() if caught > 2 else (f"{path}::test_one_level",)),
            OrderedRun(order="shuffled"),
        ),
        variants=(
            Variant(name="reference", role="reference", outcome="accepted", passed=count),
            *(
                Variant(name=name, role="known_bad", outcome="rejected" if number < caught else "accepted",
                        passed=count - 1, failed=1 if number < caught else 0)
                for number, name in enumerate(known)
            ),
        ),
    )  # fmt: skip


def good() -> Sample:
    """Nearly everything right; one remark; a question for a person."""
    remark = Finding(tool="naming", rule="short-name", place=Place(path="flatten.py", line=16, column=9),
                     message="`k` is one letter; the brief calls it a key")  # fmt: skip
    tests = tuple(hidden(name, "correctness") for name in NAMES)
    coverage = (FileCoverage(path="flatten.py", statements=14, covered=14, branches=6, branches_covered=6),)
    readme = item("readme", "The README says how it works and what it costs", 0, 3, "A person reads this.",
                  kind="human", status="needs_human", question="Would a new colleague know what to expect?",
                  choices=(Choice(id="no", text="Missing or a restatement of the brief", points=0),
                           Choice(id="ok", text="Says how to run it", points=1.5),
                           Choice(id="yes", text="Explains the choices and their limits", points=3)))  # fmt: skip
    all_tests = tuple(link_to_test(test) for test in tests[:5])
    reading = Reading(
        findings=(remark,),
        functions=(
            FunctionComplexity(
                place=Place(path="flatten.py", line=9), name="flatten", cyclomatic=4, lines=14
            ),
        ),
        files=(FileComplexity(path="flatten.py", maintainability=78.4, sloc=21),),
        figures={"identifiers": 9, "documented_functions": 2},
    )
    document = evidence(
        GOOD,
        hidden_tests=HiddenTests(suite_digest="sha256:" + "b2" * 32, tests=tests),
        own_tests=own_tests("tests/test_flatten.py", 7, coverage, caught=4),
        reading=reading,
    )
    band = Band(
        id="strong", title="Strong", recommendation="Invite to the follow-up interview.", provisional=True
    )
    made = report(
        document,
        criterion("correctness", "Correctness", "Nested keys are joined with a dot, at any depth.", "complete",
                  item("core", "The examples of the brief work", 10, 10, "11 of 11 tests passed.",
                       evidence=all_tests, evidence_left_out=6)),
        criterion("tests", "Their tests", "Please add tests that you would want in a code review.", "thorough",
                  item("coverage", "The tests reach the code", 4, 4, "100 % of 14 statements ran.",
                       evidence=(EvidenceLink(kind="coverage", ref="flatten.py", path="flatten.py",
                                              text="14 of 14 statements"),)),
                  item("bad", "The tests reject wrong solutions", 6, 6, "4 of 4 known-bad solutions rejected.",
                       evidence=(EvidenceLink(kind="variant", ref="drops-empty", text="rejected: 1 test failed",
                                              reviewer_only=True),))),
        criterion("clarity", "Clarity", "We read code more often than we run it.", "clear",
                  item("names", "Names say what they hold", 4.5, 5, "1 of 9 names is too short for its scope.",
                       kind="deduction", evidence=(link_to_finding(remark),)), readme, pending=3),
        band=band,
        attention=("1 item (3 points) needs a person.",),
    )  # fmt: skip
    return made, GOOD


def middling() -> Sample:
    """Works on the examples; recursion, a swallowed error, a flaky test, an override."""
    where = Place(path="flatten.py", line=16)
    deep = hidden("test_deep[900]", "correctness", TestOutcome.ERROR, place=where, suite_line=31,
                  message="RecursionError: maximum recursion depth exceeded\n  flatten.py:16 in flat\n"
                          "  flatten.py:16 in flat\n  (repeated 896 times)\n\nexpected {'a.a.a…': 1}",
                  attempts=(TestOutcome.ERROR, TestOutcome.ERROR))  # fmt: skip
    slow = hidden("test_wide[100000]", "correctness", TestOutcome.TIMEOUT, seconds=10.0, limit="test_seconds",
                  message="stopped after 10 s (limit test_seconds)", output="processing…\n" * 40)  # fmt: skip
    text = hidden("test_not_a_dict", "errors", TestOutcome.FAILED, place=Place(path="flatten.py", line=22),
                  message="AssertionError: flatten('abc') returned None; expected TypeError")  # fmt: skip
    flaky = hidden("test_order", "correctness", TestOutcome.FAILED, flaky=True, message="order differed",
                   attempts=(TestOutcome.FAILED, TestOutcome.PASSED))  # fmt: skip
    passed = tuple(
        hidden(name, "correctness")
        for name in NAMES
        if not text.id.endswith(name) and not deep.id.endswith(name)
    )[:8]
    tests = (*passed, deep, slow, text, flaky)
    bare = Finding(
        tool="handling",
        rule="silent-handler",
        place=Place(path="flatten.py", line=21, end_line=22),
        message="Catches everything and returns None: the caller cannot tell what went wrong",
    )
    unused = Finding(
        tool="ruff",
        rule="F401",
        place=Place(path="flatten.py", line=1, column=8),
        message="`os` imported but unused",
        url="https://docs.astral.sh/ruff/rules/unused-import/",
    )
    given = Finding(tool="ruff", rule="E501", place=Place(path="flatten.py", line=3), from_starter=True,
                    message="Line too long (134 > 110)")  # fmt: skip
    names = Finding(tool="naming", rule="meaningless-name", place=Place(path="flatten.py", line=7),
                    message="`tmp2` says nothing about what it holds")  # fmt: skip
    coverage = (
        FileCoverage(path="flatten.py", statements=18, covered=14, branches=8, branches_covered=5,
                     missing_lines=(10, 21, 22)),
    )  # fmt: skip
    document = evidence(
        MIDDLING,
        submission=submission(MIDDLING, (RefusedEntry(name=".git/config", reason="git data is not graded"),)),
        hidden_tests=HiddenTests(suite_digest="sha256:" + "b2" * 32, tests=tests),
        own_tests=own_tests("test_flatten.py", 3, coverage, caught=2),
        reading=Reading(
            findings=(bare, unused, given, names),
            suppressions=(Suppression(place=Place(path="flatten.py", line=3), text="# noqa"),),
            functions=(
                FunctionComplexity(
                    place=Place(path="flatten.py", line=7), name="flatten", cyclomatic=9, lines=17
                ),
            ),
            files=(FileComplexity(path="flatten.py", maintainability=61.0, sloc=24),),
        ),
        history=HISTORY,
        resources=RESOURCES,
    )
    made = report(
        document,
        criterion("correctness", "Correctness", "Nested keys are joined with a dot, at any depth.", "mostly",
                  item("core", "The examples of the brief work", 8, 8, "8 of 8 tests passed."),
                  item("deep", "Deep nesting works", 0, 4, "1 of 1 tests did not pass.",
                       evidence=(link_to_test(deep),)),
                  item("wide", "Large input is handled in time", 0, 3, "1 of 1 tests did not pass.",
                       evidence=(link_to_test(slow),
                                 EvidenceLink(kind="workload", ref="broad-input", reviewer_only=True,
                                              text="2.00 times: 31.4 MB against 15.7 MB")))),
        criterion("errors", "Error handling", "Tell the caller what is wrong with the input.", "weak",
                  item("rejects", "Wrong input is refused", 0, 3, "1 of 1 tests did not pass.",
                       evidence=(link_to_test(text),)),
                  item("silent", "Errors are not swallowed", -2, 0, "1 handler hides what went wrong.",
                       kind="deduction", evidence=(link_to_finding(bare),), explanation=BARE_EXCEPT)),
        criterion("tests", "Their tests", "Please add tests that you would want in a code review.", "some",
                  item("coverage", "The tests reach the code", 2.75, 4, "78 % of 18 statements ran; 60 % gives 0, "
                       "90 % gives all.", kind="scaled", measure="own_tests.coverage",
                       evidence=(EvidenceLink(kind="coverage", ref="flatten.py", path="flatten.py", line=10,
                                              text="14 of 18 statements; lines 10, 21, 22 never ran"),)),
                  item("bad", "The tests reject wrong solutions", 3, 6, "2 of 4 known-bad solutions rejected.",
                       evidence=(EvidenceLink(kind="variant", ref="no-separator", reviewer_only=True,
                                              text="accepted: all their tests passed on it"),))),
        criterion("clarity", "Clarity", "We read code more often than we run it.", "readable",
                  item("lint", "Nothing that a linter would stop", 2.5, 3, "1 finding in 24 lines.",
                       kind="deduction", evidence=(link_to_finding(unused),)),
                  item("names", "Names say what they hold", 3, 4, "Changed by a person.", kind="deduction",
                       evidence=(link_to_finding(names),),
                       override=Override(by="r.meyer", reason="`tmp2` is fine in three lines",
                                         measured_points=2)),
                  item("complexity", "Simple enough", 2, 3, "Worst function 9, the reference 4.", kind="scaled",
                       evidence=(EvidenceLink(kind="function", ref="flatten", path="flatten.py", line=7,
                                              text="cyclomatic complexity 9, 17 lines"),)),
                  item("history", "Commits tell a story", 0, 2, "The message of 1 of 2 commits says what was changed.",
                       kind="scaled", measure="history.telling_messages",
                       evidence=(EvidenceLink(kind="commit", ref="3f" * 6, text="Fix (1 file, +4 -2)"),))),
        band=Band(id="maybe", title="Borderline", recommendation="Talk it over with a second reviewer."),
        attention=("1 flaky test: it costs nothing.", "1 suppression comment (`# noqa`) was ignored."),
        gates=(Gate(id="silent", title="Errors are swallowed in the core function", applied=True,
                    total_at_most=0.75, why="At most 75 % while the core function hides its errors.",
                    evidence=(link_to_finding(bare),)),
               Gate(id="works", title="The examples of the brief work", applied=False, total_at_most=0.5,
                    why="All 8 example tests passed.")),
    )  # fmt: skip
    return made, MIDDLING


def poor() -> Sample:
    """Does not do what was asked, has no tests, cannot be read by every tool."""
    tests = tuple(
        hidden(name, "correctness", TestOutcome.FAILED if number else TestOutcome.PASSED, seconds=0.002,
               place=Place(path="solution/flatten.py", line=10) if number else None,
               message="AssertionError: {'a': {'b': 1}} != {'a.b': 1}" if number else "")
        for number, name in enumerate(NAMES)
    )  # fmt: skip
    findings = tuple(
        Finding(tool=tool, rule=rule, place=Place(path="solution/flatten.py", line=line), message=message)
        for tool, rule, line, message in (
            ("ruff", "E711", 6, "Comparison to `None`: use `is`"),
            ("ruff", "B006", 5, "A mutable default is shared between calls"),
            ("handling", "bare-except", 11, "`except:` catches also KeyboardInterrupt and SystemExit"),
            ("naming", "meaningless-name", 5, "`d2` says nothing about what it holds"),
            ("structure", "dead-code", 14, "Never reached"),
        )
    )
    document = evidence(
        BAD,
        hidden_tests=HiddenTests(suite_digest="sha256:" + "b2" * 32, tests=tests),
        own_tests=OwnTests(problem="no tests found: no file named test_*.py or *_test.py"),
        reading=Reading(
            findings=findings,
            unreadable=(
                RefusedEntry(name="solution/old.py", reason="syntax error in line 3: invalid syntax"),
            ),
        ),
    )
    made = report(
        document,
        criterion("correctness", "Correctness", "Nested keys are joined with a dot, at any depth.", "hardly",
                  item("core", "The examples of the brief work", 1, 10, "1 of 11 tests passed.",
                       evidence=tuple(link_to_test(test) for test in tests[1:6]), evidence_left_out=5)),
        criterion("tests", "Their tests", "Please add tests that you would want in a code review.", "none",
                  item("coverage", "The tests reach the code", 0, 10, "No tests were found.",
                       status="not_judged")),
        criterion("clarity", "Clarity", "We read code more often than we run it.", "poor",
                  item("lint", "Nothing that a linter would stop", 1, 5, "5 findings in 12 lines.",
                       kind="deduction", evidence=tuple(link_to_finding(one) for one in findings))),
        band=Band(id="no", title="Not yet", recommendation="Decline, with the feedback below."),
        attention=("They handed in no tests.", "1 file could not be read: solution/old.py."),
    )  # fmt: skip
    return made, BAD


def ungradable() -> Sample:
    """There is nothing to judge: the module that the brief asks for does not import."""
    files = {"main.py": b"import flaten\n", "README.md": b"# Flatten\n"}
    reason = "The submission has no module `flatten` (the brief asks for flatten.py); it holds: main.py."
    document = evidence(
        files,
        outcome=Outcome.UNGRADABLE,
        reason=reason,
        hidden_tests=HiddenTests(suite_digest="sha256:" + "b2" * 32, tests=(), problem=reason),
        reading=Reading(),
    )
    return Report(outcome=Outcome.UNGRADABLE, reason=reason, rubric=RUBRIC, evidence=document), files


def infrastructure_failed() -> Sample:
    """We could not judge; nothing is said about the candidate."""
    reason = "The Docker engine stopped answering while the hidden tests ran (3 attempts)."
    document = evidence(GOOD, outcome=Outcome.INFRASTRUCTURE_FAILED, reason=reason, stages=STAGES[:2])
    failed = Report(outcome=Outcome.INFRASTRUCTURE_FAILED, reason=reason, rubric=RUBRIC, evidence=document)
    return failed, GOOD


def samples() -> dict[str, Callable[[], Sample]]:
    """Every sample by name, the hurtful ones included."""
    from tests.grader.formats.hurtful import hostile, huge  # they are made from these

    return {
        "good": good,
        "middling": middling,
        "poor": poor,
        "ungradable": ungradable,
        "infrastructure_failed": infrastructure_failed,
        "hostile": hostile,
        "huge": huge,
    }
