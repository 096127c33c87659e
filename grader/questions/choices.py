"""Questions about choices that are right or wrong only at some size: endpoints, containers, locks, the next day.

They are asked of good submissions too, and tell more about seniors than another small mistake.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator

from grader.evidence import Landmark
from grader.measures.measure import counted, one_line
from grader.questions.idea import (
    FOR_SENIORS,
    SENIORS,
    Idea,
    at,
    called,
    functions,
    judged_by_people,
    probed,
    spelled,
)
from grader.report import EvidenceLink, Question, Report

COSTS = {
    "heap": "finding the smallest is O(log n) for each change; a sort of everything is O(n log n) each time",
    "sorted list": "finding a place is O(log n), inserting there moves O(n) entries",
    "deque": "both ends are O(1); the middle and membership are O(n)",
    "Counter": "counting is O(1) for each item; the most frequent k need O(n log k)",
    "defaultdict": "as a dict, but looking up a missing key creates it",
    "OrderedDict": "as a dict, with moves to either end in O(1)",
    "queue": "safe between threads or tasks; a bound makes the producer wait",
    "array": "compact numbers of one type, no objects",
    "SQLite": "on disk, transactions, one writer at a time",
    "cache": "keeps every argument and result until its bound, per process",
    "weak references": "do not keep alive what they point at",
    "dict": "lookup by key is O(1); order, ranges and anything but the key need a walk over all",
    "list": "appending is O(1); membership and removal at the front are O(n)",
    "set": "membership is O(1); no order, no duplicates",
}
"""What a strong answer knows about a container."""
PLAIN = frozenset({"dict", "list", "set"})
WRITES = ("POST", "PUT", "PATCH", "DELETE")


def endpoint_at_scale(report: Report) -> Iterator[Idea]:
    """One endpoint, from 10 to 1,000 requests a second: one that changes something, before one that reads."""
    endpoints = _landmarks(report, "endpoint")
    if not endpoints:
        return
    writing = [one for one in endpoints if one.name.startswith(WRITES)]
    chosen = max(writing or endpoints, key=lambda one: (len(one.name), one.place.path, one.place.line))
    kept = [one for one in _landmarks(report, "structure") if one.name in {*PLAIN, "SQLite", "cache"}][:1]
    locks = [one for one in _landmarks(report, "concurrency") if one.name in {"lock", "semaphore"}][:1]
    state = f" State is in a {kept[0].name} at {spelled(kept[0].place)}." if kept else ""
    guard = f" A {locks[0].name} is made at {spelled(locks[0].place)}." if locks else ""
    links = [at(chosen.place, "function", chosen.name)]
    links += [at(one.place, "file", one.place.path, one.name) for one in (*kept, *locks)]
    yield Idea(
        Question(
            id="endpoint-at-scale",
            question=f"`{one_line(chosen.name)}` ({spelled(chosen.place)}) gets 10 requests a second today, and "
            "1,000 next month. What breaks first, and what would you change, in which order?",
            why=f"It is an endpoint of the submission.{state}{guard}",
            evidence=tuple(links),
            strong=(
                "Measures first: which part of a request takes the time, and what the machine does meanwhile.",
                "Sees that a second process shares no memory: state moves out, and check and change become one step.",
                "Names what gets worse with the change, and what is left alone because it is good enough.",
            ),
            weak="Adds machines, a cache or a queue without saying what they are for.",
            criterion=judged_by_people(report, "hidden_tests."),
        ),
        56 + _bonus(report),
    )


def chosen_structure(report: Report) -> Iterator[Idea]:
    """A container or algorithm that was picked; one that was looked for, before one that everybody has."""
    for one in _landmarks(report, "structure"):
        yield Idea(
            Question(
                id="chosen-structure",
                question=f"At {spelled(one.place)} you chose a {one.name}. What did you compare it with, and from "
                "which size on would you choose again?",
                why=f"The choice decides what each operation costs: {_costs(one)}.",
                evidence=(at(one.place, "file", one.place.path, one.name),),
                strong=(
                    "Names the operations that the task needs most, and what each costs with this choice.",
                    f"Knows: {_costs(one)}.",
                    "Names a size, not a taste, at which another one wins.",
                ),
                weak="It is the usual one.",
                criterion=probed(report, "resources.", "hidden_tests."),
            ),
            (42 if one.name in PLAIN else 55) + _bonus(report),
        )


def _costs(one: Landmark) -> str:
    return COSTS.get(one.name, "ask which operations it makes cheap")


def concurrency(report: Report) -> Iterator[Idea]:
    """What keeps concurrent work apart, or runs it."""
    for one in _landmarks(report, "concurrency"):
        yield Idea(
            Question(
                id="concurrency",
                question=f"There is a {one.name} at {spelled(one.place)}. Show me an order of events in which the "
                "program would be wrong without it, and one in which it makes somebody wait for nothing.",
                why=f"A {one.name} stands there.",
                evidence=(at(one.place, "file", one.place.path, one.name),),
                strong=(
                    "Tells two steps of two requests, line by line, that end in a wrong state.",
                    "Knows what it does not protect against: another process, another machine, an error inside.",
                    "Knows whether the work waits for others or for the processor, and what follows for threads.",
                ),
                weak="Says that it makes it thread-safe.",
                criterion=probed(report, "hidden_tests."),
            ),
            54 + _bonus(report),
        )


def public_interface(report: Report) -> Iterator[Idea]:
    """A public function: what must a caller know who does not read it?"""
    public = [one for one in functions(report.evidence) if not one.name.rpartition(".")[2].startswith("_")]
    outer = [one for one in public if "<locals>" not in one.name]
    for one in outer:
        yield Idea(
            Question(
                id="public-interface",
                question=f"A colleague calls {called(one.name)} ({spelled(one.place)}) without reading it. What "
                "must they know about its arguments, its result and its errors, and where do they learn it?",
                why=f"A public function of {counted(one.lines, 'line')}.",
                evidence=(at(one.place, "function", one.name),),
                strong=(
                    "Says what it promises, what it refuses and what it leaves open.",
                    "Finds what would surprise a caller, and would change it now rather than document it.",
                ),
                weak="Explains how it works inside.",
                criterion=probed(report, "figures."),
            ),
            min(40, 30 + one.lines // 5),
        )


def next_day(report: Report) -> Iterator[Idea]:
    """Always at hand, and last: what they would do with more time."""
    files = report.evidence.submission.files
    own = [file for file in files if file.kind == "source" and file.from_starter != "same"]
    readme = [file for file in files if file.path.upper().startswith("README")]
    if not own:
        return
    path = (readme or sorted(own, key=lambda file: (-file.size, file.path)))[0].path
    yield Idea(
        Question(
            id="next-day",
            question="You get one more day for this. What do you do first, what do you leave, and what would you ask "
            "us?",
            why="Asked of everybody: it shows whether they know the limits of their own work.",
            evidence=(EvidenceLink(kind="file", ref=path, path=path),),
            strong=(
                "Begins with what hurts its users, and names the weakest place without being led there.",
                "Leaves things alone, with a reason.",
            ),
            weak="Lists technologies.",
            criterion=judged_by_people(report, "figures."),
        ),
        20,
    )


def _landmarks(report: Report, kind: str) -> list[Landmark]:
    reading = report.evidence.reading
    return [one for one in (reading.landmarks if reading else ()) if one.kind == kind]


def _bonus(report: Report) -> int:
    return FOR_SENIORS if report.rubric.level in SENIORS else 0


SOURCES: tuple[Callable[[Report], Iterator[Idea]], ...] = (
    endpoint_at_scale,
    chosen_structure,
    concurrency,
    public_interface,
    next_day,
)
