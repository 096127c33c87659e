"""What a measure is: one named, documented figure that is computed from an `Evidence` document."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from fractions import Fraction
from typing import Any, Generic, Literal, TypeVar

from pydantic import BaseModel, ConfigDict

from grader.evidence import Evidence
from grader.report import EvidenceLink

Unit = Literal["share", "count", "number"]
MAX_LINKS = 100
MAX_TEXT = 200


class Parameters(BaseModel):
    """Base of what a rubric may write under `with:`. A measure without parameters takes this one."""

    model_config = ConfigDict(frozen=True, extra="forbid")


Given = TypeVar("Given", bound=Parameters)


@dataclass(frozen=True)
class Measured:
    """What a measure says: a value with its reason, or no value and why there is none."""

    value: Fraction | None
    why: str
    """A sentence for reviewers and candidates: it must name no hidden test and no known-bad solution."""
    links: tuple[EvidenceLink, ...] = ()
    left_out: int = 0
    """How many links were cut."""
    for_a_person: bool = False
    """There is no value because only a person can tell; that must not cost the candidate anything."""


@dataclass(frozen=True)
class Measure(Generic[Given]):
    """An entry of the catalogue."""

    name: str
    unit: Unit
    title: str
    parameters: type[Given]
    compute: Callable[[Evidence, Given], Measured]
    good_when_empty: bool = False
    """An empty submission would look good, so a rubric must say under `needs:` what has to work first."""

    def of(self, evidence: Evidence, given: Any) -> Measured:
        """Compute the value; `given` is what the rubric writes under `with:`.

        Raises:
            pydantic.ValidationError: `given` does not fit `parameters`.
        """
        return self.compute(evidence, self.parameters.model_validate(given))


def value(amount: int | Fraction, why: str, links: Iterable[EvidenceLink] = ()) -> Measured:
    """Make a value with at most `MAX_LINKS` links."""
    every = tuple(links)
    return Measured(Fraction(amount), why, every[:MAX_LINKS], max(0, len(every) - MAX_LINKS))


def unknown(why: str) -> Measured:
    """Say that the evidence is missing: this earns nothing."""
    return Measured(None, why)


def for_a_person(why: str, links: Iterable[EvidenceLink] = ()) -> Measured:
    """Say that nothing but a person can tell: this costs nothing."""
    return Measured(None, why, tuple(links)[:MAX_LINKS], for_a_person=True)


def one_line(text: str) -> str:
    """Make the first line of `text` fit into a link."""
    first = text.strip().split("\n", 1)[0].strip()
    return first if len(first) <= MAX_TEXT else first[: MAX_TEXT - 1] + "…"


def counted(amount: int, one: str, many: str | None = None) -> str:
    """Write "1 test", "2 tests"."""
    return f"{amount} {one if amount == 1 else many or one + 's'}"


def percent(share: Fraction) -> str:
    """Write a share as a percentage with at most one decimal, never rounded up to a full 100 %."""
    tenths = share * 1000
    shown = Fraction(tenths.numerator // tenths.denominator, 10)
    return f"{float(shown):g} %"
