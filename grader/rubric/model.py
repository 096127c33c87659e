"""The rubric format: what an author writes in `rubric.yaml`. See docs/rubrics.md.

These models say what is well formed; `grader.rubric.checks` says what makes sense.
"""

from __future__ import annotations

from fractions import Fraction
from typing import Annotated, Any, Literal

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, WithJsonSchema

from grader.report import Explanation
from grader.rubric.number import Identifier, Number, Points, Share, Words

With = dict[str, Any]
Curve = tuple[tuple[Number, Share], ...]


def _text(given: Any) -> Any:
    """`version: 3` means the text "3"; 1.10 would be ambiguous and must be quoted."""
    return str(given) if isinstance(given, int) and not isinstance(given, bool) else given


Version = Annotated[
    Words,
    BeforeValidator(_text),
    WithJsonSchema({"anyOf": [{"type": "string", "minLength": 1}, {"type": "integer"}]}),
]


class Entry(BaseModel):
    """Base of all that a rubric holds: immutable, no unknown fields."""

    model_config = ConfigDict(frozen=True, extra="forbid", populate_by_name=True)


class Condition(Entry):
    """A measure, and the bounds that it must keep. All bounds given must hold."""

    measure: str
    with_: With = Field(default={}, alias="with")
    at_least: Number | None = None
    at_most: Number | None = None
    above: Number | None = None
    below: Number | None = None
    equals: Number | None = None

    def holds(self, value: Fraction) -> bool:
        """Tell whether `value` keeps every bound."""
        return (
            (self.at_least is None or value >= self.at_least)
            and (self.at_most is None or value <= self.at_most)
            and (self.above is None or value > self.above)
            and (self.below is None or value < self.below)
            and (self.equals is None or value == self.equals)
        )


class Scored(Entry):
    """What every item has."""

    id: Identifier
    title: Words
    points: Points
    explain: Explanation = Explanation()
    origin: Words | None = None
    """The entry of the library that it was taken from. Set when a `use` is resolved."""


class YesNo(Scored):
    """All points when the condition holds, else none."""

    kind: Literal["yes_no"]
    condition: Condition
    needs: Condition | None = None


class Scaled(Scored):
    """A measure mapped piecewise linearly to a share of the points."""

    kind: Literal["scaled"]
    measure: str
    with_: With = Field(default={}, alias="with")
    scale: Curve = ()
    """[value, share of the points] pairs in rising order of value. Absent: 0..100 % of a share."""
    needs: Condition | None = None


class Deduction(Scored):
    """Starts with all points and loses `each` for every unit above `free`, at most `cap`."""

    kind: Literal["deduction"]
    measure: str
    with_: With = Field(default={}, alias="with")
    each: Points
    free: Points = Fraction(0)
    cap: Points | None = None
    """Absent: `points`. With `points: 0` the item is a pure penalty."""
    needs: Condition | None = None


class HumanChoice(Entry):
    id: Identifier
    text: Words
    share: Share
    """Of the item's points."""


class Human(Scored):
    """A question that a reviewer answers. Counts neither way until then."""

    kind: Literal["human"]
    question: Words
    choices: tuple[HumanChoice, ...] = Field(min_length=2)


Item = Annotated[YesNo | Scaled | Deduction | Human, Field(discriminator="kind")]


class Criterion(Entry):
    """A group of items that one sentence of the brief announces."""

    id: Identifier
    title: Words
    announced: Words
    """The sentence of the brief, word for word."""
    weight: Points | None = None
    """What the criterion is worth; its items are scaled to fit. Absent: the sum of their points."""
    weight_why: Words | None = None
    """Why it is worth that much: shown with the report, and to the candidate."""
    origin: Words | None = None
    """The entry of the library that it was taken from. Set when a `use` is resolved."""
    needs: Condition | None = None
    """Must hold for each item, beside what the item itself needs."""
    items: tuple[Item, ...] = Field(min_length=1)


class Gate(Entry):
    """Bounds the total unless the condition is known to hold."""

    id: Identifier
    title: Words
    unless: Condition
    total_at_most: Share


class Word(Entry):
    from_: Share = Field(alias="from")
    word: Words


class Band(Entry):
    """What a total from this share upwards amounts to."""

    id: Identifier
    title: Words
    from_: Share = Field(alias="from")
    recommendation: Words


class CriterionChange(Entry):
    drop: bool = False
    title: Words | None = None
    weight: Points | None = None
    weight_why: Words | None = None
    needs: Condition | None = None


class ItemFields(Entry):
    """What can be changed of an item; each kind takes its own."""

    title: Words | None = None
    points: Points | None = None
    explain: Explanation | None = None
    condition: Condition | None = None
    needs: Condition | None = None
    with_: With | None = Field(default=None, alias="with")
    scale: Curve | None = None
    each: Points | None = None
    free: Points | None = None
    cap: Points | None = None
    question: Words | None = None
    choices: tuple[HumanChoice, ...] | None = None


class ItemChange(ItemFields):
    drop: bool = False


class GateChange(Entry):
    drop: bool = False
    title: Words | None = None
    unless: Condition | None = None
    total_at_most: Share | None = None


class Level(Entry):
    """A seniority level: what differs from the base rubric, by id. A field given replaces the base's."""

    title: Words
    announced: Words | None = None
    """The sentence of the brief that says what is expected at this level, word for word."""
    minutes: int | None = Field(default=None, gt=0)
    """How long an unhurried candidate of this level needs. Absent: as takehome.yaml says."""
    criteria: dict[str, CriterionChange] = {}
    items: dict[str, ItemChange] = {}
    gates: dict[str, GateChange] = {}
    add_items: dict[str, tuple[Item, ...]] = {}
    """Criterion → items that only this level has."""
    bands: tuple[Band, ...] | None = None
    words: tuple[Word, ...] | None = None


class Rubric(Entry):
    """How the evidence of one take-home turns into points."""

    rubric: Literal[1]
    """Version of this format."""
    name: Identifier
    title: Words
    version: Version
    """The author's own, shown in reports."""
    criteria: tuple[Criterion, ...] = Field(min_length=1)
    gates: tuple[Gate, ...] = ()
    words: tuple[Word, ...] = ()
    bands: tuple[Band, ...] = ()
    levels: dict[Identifier, Level] = {}
