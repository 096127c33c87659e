"""Measures of the git history that came with a submission.

All of it is a claim: commits can be written after the work, with any time and any author. So little can be earned
here honestly that could not be earned dishonestly; what is measured is at least what a reader of the log would see.
Merges do not count, nor do commits that change nothing, or nothing but bring in the starter.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from fractions import Fraction

from grader.evidence import Commit, Evidence, History
from grader.measures.measure import Measure, Measured, Parameters, counted, one_line, percent, unknown, value
from grader.report import EvidenceLink

Compute = Callable[[list[Commit]], Measured]

NO_HISTORY = "No git history was handed in that could be read."
SHORT_ID = 12
MIN_WORDS = 2

_PREFIX = re.compile(r"^\s*(\w+(\([^)]*\))?!?:|\[[^\]]*\])\s*")
"""`fix:`, `feat(parser)!:`, `[ABC-12]`: a kind, which says nothing of what was done."""
_WORD = re.compile(r"[\u3040-\u30ff\u3400-\u9fff\uac00-\ud7af]|[^\W\d_]{2,}")
"""A word of letters; in scripts without spaces, a character."""
_FILLER = frozenset(
    """
    add added adding again also an and another apply as asdf at bit bug bugs bugfix change changed changes cleanup
    clean code commit commits correct done edit edits everything few file files final finally finish finished first
    fix fixed fixes fixing for from hotfix improve improved improvements in init initial into is issue issues it last
    latest little made make minor misc more my new now of on one other part progress project push refactor refactoring
    save second small solution some stuff submission task temp that the thing things this tidy tmp to try up update
    updated updates updating various version very wip with work working works
    """.split()
)
"""Words that fit every commit, so that a subject of nothing else says nothing."""


def subject(commit: Commit) -> str:
    """The first line of the message."""
    return one_line(commit.message)


def says_something(commit: Commit) -> bool:
    """Whether the subject has two words or more, one of which would not fit any other commit as well."""
    words = _WORD.findall(_PREFIX.sub("", subject(commit)).casefold())
    return len(words) >= MIN_WORDS and not _FILLER.issuperset(words)


def counting(history: History) -> list[Commit]:
    """Keep the commits that are known to change something of the candidate's, newest first."""
    return [commit for commit in history.commits if not commit.is_merge and commit.files]


def _link(commit: Commit) -> EvidenceLink:
    size = f"{counted(commit.files or 0, 'file')}, +{commit.added or 0} -{commit.removed or 0}"
    return EvidenceLink(
        kind="commit",
        ref=commit.id[:SHORT_ID],
        text=one_line(f"{subject(commit) or '(no message)'} ({size})"),
    )


def _given_history(compute: Compute) -> Callable[[Evidence, Parameters], Measured]:
    """Answer "none" before `compute` is asked; it gets at least one commit."""

    def measured(evidence: Evidence, _: Parameters) -> Measured:
        if evidence.history is None:
            return unknown(NO_HISTORY)
        commits = counting(evidence.history)
        if not commits:
            return value(0, "No commit changes anything of the candidate's own.")
        return compute(commits)

    return measured


def _count(commits: list[Commit]) -> Measured:
    return value(
        len(commits), f"{counted(len(commits), 'commit')} of the candidate's own.", map(_link, commits)
    )


def _messages(commits: list[Commit]) -> Measured:
    """A subject that comes again is one subject: it cannot describe two changes."""
    telling = {subject(commit).casefold() for commit in commits if says_something(commit)}
    seen: set[str] = set()
    silent = []
    for commit in reversed(commits):
        if subject(commit).casefold() in telling - seen:
            seen.add(subject(commit).casefold())
        else:
            silent.append(commit)
    why = f"The message of {len(telling)} of {counted(len(commits), 'commit')} says what was changed."
    return value(Fraction(len(telling), len(commits)), why, map(_link, silent))


def _spread(commits: list[Commit]) -> Measured:
    total = sum(commit.added or 0 for commit in commits)
    if not total:
        return unknown("No commit adds a line of Python.")
    ordered = sorted(commits, key=lambda commit: -(commit.added or 0))
    share = Fraction(ordered[0].added or 0, total)
    why = f"The largest of {counted(len(commits), 'commit')} added {percent(share)} of the {total:,} lines of Python."
    return value(1 - share, why, map(_link, ordered))


MEASURES: tuple[Measure[Parameters], ...] = (
    Measure(
        "history.commits",
        "count",
        "commits that change something of the candidate's own",
        Parameters,
        _given_history(_count),
    ),
    Measure(
        "history.telling_messages",
        "share",
        "share of those commits whose message says what was changed",
        Parameters,
        _given_history(_messages),
    ),
    Measure(
        "history.spread",
        "share",
        "share of the added lines of Python that did not come with the largest commit",
        Parameters,
        _given_history(_spread),
    ),
)
