"""The part of the terminal report that lists evidence: hidden tests, own tests, findings."""

from __future__ import annotations

from collections.abc import Iterator

from rich.console import RenderableType
from rich.text import Text

from grader.counting import MISSED
from grader.evidence import (
    Commit,
    Evidence,
    HiddenTest,
    HiddenTests,
    History,
    OwnTests,
    Place,
    Reading,
    Resources,
    TestOutcome,
    Workload,
)
from grader.formats.summary import (
    TEST_OUTCOMES,
    compared,
    failing,
    line_coverage,
    missed,
    moment,
    noticed,
    own_findings,
    percent,
    tally,
)
from grader.formats.visible import one_line

TESTS_SHOWN = 6
FINDINGS_SHOWN = 8
COMMITS_SHOWN = 5
MESSAGE_LINES = 2
MUTANTS_SHOWN = 4
DIFF_LINES = 6


def sections(evidence: Evidence) -> Iterator[RenderableType]:
    """Yield what was found, most telling first; each list says how much of it is not shown."""
    if evidence.hidden_tests is not None:
        yield from _hidden(evidence.hidden_tests)
    if evidence.own_tests is not None:
        yield from _own(evidence.own_tests)
    if evidence.reading is not None:
        yield from _findings(evidence.reading)
    if evidence.resources is not None:
        yield from _resources(evidence.resources)
    if evidence.history is not None:
        yield from _history(evidence.history)


def _heading(title: str, figures: str) -> Text:
    return Text.assemble("\n", (title, "bold"), f"  {figures}")


def _hidden(hidden: HiddenTests) -> Iterator[Text]:
    counts = tally(hidden.tests)
    flaky = f", {counts.flaky} flaky (cost nothing)" if counts.flaky else ""
    figures = f"{counts.passed} of {counts.total} passed{flaky}" if counts.total else "none ran"
    yield _heading("Hidden tests", figures)
    if hidden.problem is not None:
        yield Text(f"  {one_line(hidden.problem, 1000)}", style="yellow")
    failed = failing(hidden.tests)
    for test in failed[:TESTS_SHOWN]:
        yield _test(test)
    if len(failed) > TESTS_SHOWN:
        yield Text(f"  … and {len(failed) - TESTS_SHOWN:,} more that did not pass", style="dim")


def _test(test: HiddenTest) -> Text:
    limit = f" ({one_line(test.limit, 40)})" if test.limit else ""
    out = Text.assemble(
        "  ", ("x ", "bold red"), one_line(test.id, 120), "  ", (TEST_OUTCOMES[test.outcome] + limit, "red")
    )
    out.append_text(_at(test.place))
    lines = [line for line in test.message.split("\n", 40)[:40] if line.strip()]
    for line in lines[:MESSAGE_LINES]:
        out.append(f"\n      {one_line(line, 160)}", style="dim")
    return out


def _at(place: Place | None) -> Text:
    if place is None:
        return Text()
    return Text.assemble("  ", (f"{one_line(place.path, 80)}:{place.line}", "blue"))


def _own(own: OwnTests) -> Iterator[Text]:
    counts = tally(own.tests)
    figures = [f"{counts.passed} of {counts.total} passed"] if counts.total else ["none"]
    share = line_coverage(own.coverage)
    if share is not None:
        figures.append(f"{percent(share)} of the statements covered")
    bad = [
        variant for variant in own.variants if variant.role == "known_bad" and variant.outcome != "not_run"
    ]
    if bad:
        rejected = sum(variant.outcome == "rejected" for variant in bad)
        figures.append(f"{rejected} of {len(bad)} known-bad solutions rejected")
    if own.mutation is not None and own.mutation.mutants:
        figures.append(noticed(own.mutation))
    yield _heading("Their own tests", ", ".join(figures)).append(
        "  measured beside their code: a claim", style="dim"
    )
    if own.problem is not None:
        yield Text(f"  {one_line(own.problem, 1000)}", style="yellow")
    for test in (test for test in own.tests[:200] if test.outcome != "passed"):
        yield Text.assemble(
            "  ",
            ("x ", "bold red"),
            one_line(test.id, 120),
            f"  {TEST_OUTCOMES[test.outcome]}",
            _at(test.place),
        )
    yield from _mutation(own)


def _mutation(own: OwnTests) -> Iterator[Text]:
    """Changes that no test noticed, each as a difference, and tests that hang on their order."""
    survivors = missed(own.mutation) if own.mutation is not None else []
    for mutant in survivors[:MUTANTS_SHOWN]:
        out = Text.assemble("  ", (MISSED[mutant.outcome], "yellow"), _at(mutant.place))
        for line in mutant.diff.split("\n")[:DIFF_LINES]:
            out.append(f"\n      {one_line(line, 160)}", style="green" if line.startswith("+") else "red")
        yield out
    if len(survivors) > MUTANTS_SHOWN:
        yield Text(f"  … and {len(survivors) - MUTANTS_SHOWN:,} more that no test noticed", style="dim")
    for run in own.orders or ():
        for name in run.failing[:TESTS_SHOWN]:
            yield Text.assemble("  ", (f"fails when {run.order}", "yellow"), f"  {one_line(name, 120)}")


def _findings(reading: Reading) -> Iterator[Text]:
    found = own_findings(reading)
    given = len(reading.findings) - len(found)
    starter = f" ({given:,} more in code of the starter cost nothing)" if given else ""
    yield _heading("Findings", f"{len(found):,}{starter}")
    for finding in found[:FINDINGS_SHOWN]:
        where = f"{one_line(finding.place.path, 80)}:{finding.place.line}"
        yield Text.assemble(
            "  ",
            (where, "blue"),
            f"  {one_line(finding.rule, 40)}  ",
            (one_line(finding.message, 160), "dim"),
        )
    if len(found) > FINDINGS_SHOWN:
        yield Text(f"  … and {len(found) - FINDINGS_SHOWN:,} more", style="dim")
    for entry in reading.unreadable[:FINDINGS_SHOWN]:
        yield Text.assemble(("  not read  ", "yellow"), one_line(f"{entry.name}: {entry.reason}", 200))


def _resources(resources: Resources) -> Iterator[Text]:
    yield _heading("Resources", "against the reference, measured in turns")
    for workload in resources.workloads:
        yield _workload(workload)


def _workload(workload: Workload) -> Text:
    out = Text.assemble("  ", (one_line(workload.name, 60), "bold"))
    figures = compared(workload)
    for one in figures:
        out.append(f"  {one.what} {one.times} times ").append(
            f"({one.candidate} : {one.reference})", style="dim"
        )
    if not figures:
        passed = workload.outcome is TestOutcome.PASSED
        out.append(f"  {'not measured' if passed else TEST_OUTCOMES[workload.outcome]}", style="red")
    return out


def _history(history: History) -> Iterator[Text]:
    count = f"{len(history.commits):,}{' or more' if history.is_cut else ''}"
    figures = f"{count} commit{'s' if len(history.commits) != 1 else ''} of {history.authors}"
    figures += f" author{'s' if history.authors != 1 else ''}"
    yield _heading("History", figures).append("  written by them: a claim", style="dim")
    for commit in history.commits[:COMMITS_SHOWN]:
        yield _commit(commit)
    if len(history.commits) > COMMITS_SHOWN:
        yield Text(f"  … and {len(history.commits) - COMMITS_SHOWN:,} more", style="dim")


def _commit(commit: Commit) -> Text:
    size = "" if commit.files is None else f"  +{commit.added} -{commit.removed}"
    subject = commit.message.split("\n", 1)[0]
    return Text.assemble(
        "  ",
        (one_line(commit.id[:12]), "blue"),
        f"  {moment(commit.seconds)}{'  merge' if commit.is_merge else ''}{size}  ",
        (one_line(subject, 100) or "(no message)", "dim"),
    )
