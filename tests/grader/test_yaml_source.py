"""YAML with line numbers: what is taken, what is refused, and how messages read."""

from __future__ import annotations

import contextlib
from decimal import Decimal

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pydantic import BaseModel, ConfigDict

from grader.yaml_source import MAX_CHARACTERS, Document, SourceError, load, spell, validate


def test_values_are_plain_exact_and_know_their_lines() -> None:
    """`no` is a word, 0.1 is exactly a tenth, 012 is twelve, a date is text."""
    document = load("a: no\nb:\n  - 0.1\n  - 012\n  - 0x10\nc: 2026-01-01\nd: ~\ne: true\n", "f.yaml")
    assert document.value == {
        "a": "no",
        "b": [Decimal("0.1"), 12, 16],
        "c": "2026-01-01",
        "d": None,
        "e": True,
    }
    assert [document.line(place) for place in ((), ("b", 1), ("c",))] == [1, 4, 6]


def test_the_line_of_an_unknown_place_is_that_of_what_is_around_it() -> None:
    """Pydantic puts union tags into locations, and missing fields have no line of their own."""
    document = load("items:\n  - kind: x\n", "f.yaml")
    assert document.line(("items", 0, "scaled", "points")) == 2


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("a: 1\nb: 2\na: 3", "f.yaml:3: `a` is given twice; first in line 1."),
        ("a: &x 1\nb: *x", "f.yaml:1: anchors (&) and aliases (*) are not supported."),
        ("a: *", "f.yaml:1: not valid YAML"),
        ("<<: {a: 1}", "f.yaml:1: a key must be a plain word."),
        ("? [a]\n: 1", "f.yaml:1: a key must be a plain word."),
        ("a: !!python/object:os.system x", "f.yaml:1: a: tags"),
        ("a: .nan", "f.yaml:1: a: `.nan` is no number"),
        ("a: 1e99999", "f.yaml:1: a: `1e99999` is out of range."),
        ("\n\na: [1,", "f.yaml:3: not valid YAML"),
        ("a: 1\n---\nb: 2", "f.yaml:2: not valid YAML"),
        ("a: \x00", "f.yaml:1: not valid YAML"),
        ("", "f.yaml:1: the file is empty."),
        ("[" * 30 + "]" * 30, "f.yaml:1: nested deeper than 24 levels."),
        ("a: " + "x" * MAX_CHARACTERS, f"f.yaml:1: the file has {MAX_CHARACTERS + 3} characters"),
    ],
)
def test_everything_dubious_is_refused_with_its_line(text: str, message: str) -> None:
    """What two readers could read in two ways, or what could eat the machine, is an error."""
    with pytest.raises(SourceError) as caught:
        load(text, "f.yaml")
    assert str(caught.value).startswith(message)


@given(st.text(max_size=200))
@settings(deadline=None)
def test_any_text_is_either_read_or_refused(text: str) -> None:
    """No text makes the loader fail in a way of its own."""
    with contextlib.suppress(SourceError):
        assert isinstance(load(text, "f.yaml"), Document)


class Inner(BaseModel):
    model_config = ConfigDict(extra="forbid")
    points: int


class Outer(BaseModel):
    model_config = ConfigDict(extra="forbid")
    title: str
    items: tuple[Inner, ...]


def test_every_field_that_does_not_fit_is_named_with_its_line_and_a_hint() -> None:
    """An author mends all mistakes in one go."""
    document = load("titel: x\nitems:\n  - points: 1\n  - points: many\n", "f.yaml")
    with pytest.raises(SourceError) as caught:
        validate(document, Outer)
    assert str(caught.value).splitlines() == [
        "f.yaml:1: `title` is missing.",
        "f.yaml:1: titel: `titel` is not a field here. Did you mean `title`?",
        "f.yaml:4: items[1].points: Input should be a valid integer, unable to parse string as an integer.",
    ]


def test_places_are_written_as_people_write_them() -> None:
    """Messages are read by authors, not by programs."""
    assert spell(("criteria", 0, "items", 2, "points")) == "criteria[0].items[2].points"
