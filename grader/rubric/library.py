"""What a library of criteria holds, and how a rubric takes from it (`use:`): the format of both.

`grader.rubric.uses` puts the one into the other.
"""

from __future__ import annotations

from collections.abc import Mapping
from functools import lru_cache
from types import MappingProxyType
from typing import Annotated, Any

from pydantic import Field

from grader.rubric.model import Condition, Criterion, Entry, Item, ItemChange, ItemFields, Level, Rubric
from grader.rubric.number import Identifier, Points, Words
from grader.yaml_source import load, validate

Library = Mapping[str, str]
"""`tests@1` → the YAML text of that version of the criterion."""
NO_LIBRARY: Library = MappingProxyType({})
PREFIX = "library/"

CriterionName = Annotated[str, Field(pattern=r"^library/[a-z0-9_-]+@[0-9]+$")]
"""library/NAME@VERSION"""
ItemName = Annotated[str, Field(pattern=r"^library/[a-z0-9_-]+@[0-9]+/[a-z0-9_-]+$")]
"""library/NAME@VERSION/ITEM"""


class LibraryCriterion(Entry):
    """One file of the library: a criterion without the sentence that announces it, which only a brief can have."""

    library: Annotated[int, Field(ge=1, le=1)]
    """Version of this format."""
    id: Identifier
    version: Annotated[int, Field(ge=1)]
    """A version that was published never changes; what changes gets the next one."""
    title: Words
    about: Words
    """For authors: what it is for."""
    announce: Words
    """A sentence that a brief may use."""
    weight: Points
    weight_why: Words
    needs: Condition | None = None
    items: tuple[Item, ...] = Field(min_length=1)

    def criterion(self) -> Criterion:
        """The criterion, as if a brief announced it in the words proposed."""
        given = {name: getattr(self, name) for name in self.model_fields_set & set(Criterion.model_fields)}
        return Criterion.model_validate({**given, "announced": self.announce})


class ItemUse(ItemFields):
    """An item of the library. What is given replaces what it says there."""

    use: ItemName
    id: Identifier | None = None


class ItemsUse(Entry):
    """All items of a criterion of the library, among those of another criterion."""

    use: CriterionName
    items: dict[str, ItemChange] = Field(default={})
    """By id. `drop: true` leaves one out."""


class CriterionUse(Entry):
    """A criterion of the library with all its items. What is given replaces what it says there."""

    use: CriterionName
    id: Identifier | None = None
    title: Words | None = None
    announced: Words
    weight: Points | None = None
    weight_why: Words | None = None
    needs: Condition | None = None
    items: dict[str, ItemChange] = Field(default={})
    """By id. `drop: true` leaves one out."""
    add_items: tuple[Item | ItemUse | ItemsUse, ...] = ()


class WrittenCriterion(Criterion):
    """A criterion as authors may write it."""

    items: tuple[Item | ItemUse | ItemsUse, ...] = Field(min_length=1)  # type: ignore[assignment]


class WrittenLevel(Level):
    """A level as authors may write it."""

    add_items: dict[str, tuple[Item | ItemUse | ItemsUse, ...]] = Field(default={})  # type: ignore[assignment]


class WrittenRubric(Rubric):
    """A rubric as authors may write it, for the schema that editors use."""

    criteria: tuple[WrittenCriterion | CriterionUse, ...] = Field(min_length=1)  # type: ignore[assignment]
    levels: dict[Identifier, WrittenLevel] = Field(default={})  # type: ignore[assignment]


@lru_cache(maxsize=64)
def read_entry(text: str, name: str) -> tuple[dict[str, Any], LibraryCriterion]:
    """Read one file of the library: its plain values and the model of them.

    Raises:
        SourceError: it is not well formed.
    """
    document = load(text, f"{PREFIX}{name}")
    return document.value, validate(document, LibraryCriterion)
