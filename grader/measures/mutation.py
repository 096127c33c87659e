"""What the candidate's own tests notice when their own code is changed a little, and whether their order matters.

That a change survives is a claim nobody has a reason to forge. That a test noticed one is a claim as well, so it counts
only when the test is believed (see `grader.counting`), keeps quiet about changes that change nothing, and, where there
are known-bad solutions, when the suite rejects of those too. A change that only tests that were given out notice is
nobody's to notice again: it is left out.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from fractions import Fraction

from grader.counting import MISSED, believed, given
from grader.evidence import Evidence, Mutant, OwnTests
from grader.measures.measure import (
    Measure,
    Measured,
    Parameters,
    counted,
    for_a_person,
    one_line,
    percent,
    unknown,
    value,
)
from grader.measures.own_tests import NOT_RUN, accepts_reference, given_tests, variants_of
from grader.report import EvidenceLink

TRIED_SHARE = Fraction(1, 2)
"""Of the changes, so many must have been tried in time; the order in which they are tried is no one's choice."""
KNOWN_BAD_WORTH = 2
"""The score is at most so many times the share of known-bad solutions that the tests reject. Whoever tells changed from
unchanged code by a trick has found no known mistake; whoever finds half of them is believed the rest."""


def _mutation_score(evidence: Evidence, own: OwnTests) -> Measured:
    mutation = own.mutation
    if mutation is None:
        return unknown(
            "The own tests were not tried on changed code: the take-home names no number of mutants."
        )
    if mutation.problem is not None:
        return unknown("The own tests could not be tried on changed code.")
    if not mutation.mutants:
        return for_a_person("There is nothing in the candidate's own code that could be changed a little.")
    files = evidence.submission.files
    tried = [mutant for mutant in mutation.mutants if mutant.outcome != "not_run"]
    if len(tried) < len(mutation.mutants) * TRIED_SHARE or not mutation.controls:
        return unknown(
            f"The own tests are too slow: {len(tried)} of {len(mutation.mutants)} changes were tried in time."
        )
    if mutation.controls_rejected:
        return value(
            0,
            "The own tests fail on code that does the same as the candidate's: they look at how it is written, "
            "or fail by chance, so what they notice says nothing.",
        )
    findings = evidence.reading.findings if evidence.reading else ()
    heeded = believed(files, findings, own)
    if not heeded:
        return value(0, "The own tests look at the code that they test, so what they notice says nothing.")
    settled = given(files, (mutant.by for mutant in tried))
    open_to_them = [mutant for mutant in tried if mutant.by not in settled]
    if not open_to_them:
        return for_a_person("The tests that were given out notice every small change of the code.")
    return _score(own, open_to_them, set(heeded) - set(mutation.unreliable))


def _score(own: OwnTests, tried: Sequence[Mutant], heeded: Collection[str]) -> Measured:
    noticed = [
        mutant
        for mutant in tried
        if mutant.outcome == "timeout"
        or (mutant.outcome == "killed" and (not mutant.by or mutant.by in heeded))
    ]
    share = Fraction(len(noticed), len(tried))
    why = f"The own tests notice {len(noticed)} of {counted(len(tried), 'small change')} of the code."
    missed = [mutant for mutant in tried if mutant not in noticed]
    links = [link_to(mutant) for mutant in missed]
    if any(variant.role == "reference" for variant in own.variants) and not accepts_reference(own):
        return value(0, f"{why} They reject a correct solution, so that says nothing.", links)
    known_bad = variants_of(own, "known_bad")
    if known_bad:
        rejected = sum(variant.outcome == "rejected" for variant in known_bad)
        most = min(Fraction(1), KNOWN_BAD_WORTH * Fraction(rejected, len(known_bad)))
        if share > most:
            why += (
                f" It counts as {percent(most)}: they reject {rejected} of {len(known_bad)} wrong solutions."
            )
            share = most
    return value(share, why, links)


def versions(mutant: Mutant) -> tuple[str, str]:
    """The changed lines as they were and as they became, each on one line."""
    lines = mutant.diff.split("\n")
    before, after = (" ".join(line[1:].strip() for line in lines if line.startswith(sign)) for sign in "-+")
    return before, after


def link_to(mutant: Mutant) -> EvidenceLink:
    """Their own code and our change of it: the candidate may see both."""
    before, after = versions(mutant)
    # What only tests that are not believed noticed reads as not noticed.
    because = MISSED.get(mutant.outcome, MISSED["survived"])
    return EvidenceLink(
        kind="mutant",
        ref=f"{mutant.place.path}:{mutant.place.line}",
        path=mutant.place.path,
        line=mutant.place.line,
        text=one_line(f"{because}: {before} → {after}"),
    )


def _order_dependent(evidence: Evidence, own: OwnTests) -> Measured:
    if not own.orders:
        return unknown("The own tests were not run in another order.")
    failing = {test for run in own.orders for test in run.failing}
    failing -= given(evidence.submission.files, failing)
    known = {test.id: test for test in own.tests}
    links = [
        EvidenceLink(
            kind="test",
            ref=name.partition("[")[0],
            path=place.path if (place := known[name].place) else None,
            line=place.line if place else None,
            text="passes only in the given order",
            reviewer_only=known[name].assertions is None,
        )
        for name in sorted(failing)
        if name in known
    ]
    return value(
        len(failing), f"{counted(len(failing), 'own test')} of which the outcome hangs on the order.", links
    )


def _order_dependent_of(evidence: Evidence, _: Parameters) -> Measured:
    own = evidence.own_tests
    return unknown(NOT_RUN) if own is None else _order_dependent(evidence, own)


MEASURES: tuple[Measure[Parameters], ...] = (
    Measure(
        "own_tests.mutation_score",
        "share",
        "share of small changes of the candidate's own code that their tests notice",
        Parameters,
        given_tests(_mutation_score),
    ),
    Measure(
        "own_tests.order_dependent",
        "count",
        "own tests that fail when they are run in another order",
        Parameters,
        _order_dependent_of,
        good_when_empty=True,
    ),
)
