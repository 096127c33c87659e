"""YAML text to plain values that remember their lines, and validation that says file, line and remedy.

A narrow YAML 1.2: one document of mappings, sequences and plain scalars. Refused are duplicate keys, anchors
and aliases, tags, merge keys, NaN and infinity, more than `MAX_CHARACTERS` and deeper than `MAX_DEPTH`. `no`
stays the text "no"; a number with a point becomes an exact `Decimal`. Nothing here opens a file.
"""

from __future__ import annotations

import difflib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from decimal import Decimal, InvalidOperation
from functools import lru_cache
from typing import Any, TypeVar

from pydantic import BaseModel, ValidationError
from pydantic_core import ErrorDetails
from ruamel.yaml import YAML
from ruamel.yaml.error import MarkedYAMLError, YAMLError
from ruamel.yaml.events import AliasEvent, CollectionEndEvent, CollectionStartEvent, NodeEvent
from ruamel.yaml.nodes import MappingNode, Node, ScalarNode, SequenceNode

MAX_CHARACTERS = 256 * 1024
MAX_DEPTH = 24

Location = tuple[str | int, ...]
"""Keys and indexes from the root of a document to a value."""
Model = TypeVar("Model", bound=BaseModel)


@dataclass(frozen=True)
class Span:
    """Characters of a text: from `start` up to, not including, `end`. Columns count from 0."""

    start: int
    end: int
    column: int
    dash: int | None
    """Column of the dashes of the list that it is an entry of. None: it stands in brackets, or in no list."""


@dataclass(frozen=True)
class Problem:
    """One thing that is wrong in a file, and what to do about it."""

    line: int
    where: str
    message: str
    hint: str = ""


class SourceError(Exception):
    """A YAML file is not what it should be. Carries all problems found; the text has one line for each."""

    def __init__(self, name: str, problems: Iterable[Problem]) -> None:
        self.name = name
        self.problems = tuple(sorted(problems, key=lambda problem: problem.line))
        super().__init__("\n".join(self._line(problem) for problem in self.problems))

    def _line(self, problem: Problem) -> str:
        where = f"{problem.where}: " if problem.where else ""
        hint = f" {problem.hint}" if problem.hint else ""
        return f"{self.name}:{problem.line}: {where}{problem.message}{hint}"


@dataclass(frozen=True)
class Document:
    """Plain values (dict, list, str, int, Decimal, bool, None) of one file, and the line of each."""

    name: str
    value: Any
    lines: Mapping[Location, int] = field(default_factory=dict)
    spans: Mapping[Location, Span] = field(default_factory=dict)
    """Where each mapping stands in the text."""
    written: Mapping[Location, Location] = field(default_factory=dict)
    """Where the author wrote a value that was moved to another location. Absent: where it is."""

    def where(self, location: Location) -> str:
        """Write out where in the author's file the value at `location` comes from."""
        return spell(self.written.get(location, location))

    def line(self, location: Location) -> int:
        """Give the line of the value at `location`, or of the nearest known value around it."""
        return self.lines[self.known(location)]

    def known(self, location: Location) -> Location:
        """Keep of `location` the steps that exist in the file: pydantic puts union tags in between."""
        place: Location = ()
        for step in location:
            if (*place, step) in self.lines:
                place = (*place, step)
        return place


@lru_cache(maxsize=64)
def load(text: str, name: str) -> Document:
    """Parse `text`; `name` is how messages call the file.

    The same text gives the same document, whose values nobody changes: reading a rubric of some hundred lines takes
    a third of a second, and a page or a re-grade reads the same few again and again.

    Raises:
        SourceError: it is not YAML, or uses more of YAML than this module takes.
    """
    if len(text) > MAX_CHARACTERS:
        message = f"the file has {len(text)} characters, at most {MAX_CHARACTERS} are read."
        raise SourceError(name, [Problem(1, "", message, "Split it or shorten its texts.")])
    try:
        _check_events(text, name)
        root = YAML(typ="safe", pure=True).compose(text)
    except MarkedYAMLError as error:
        mark = error.problem_mark or error.context_mark
        line = mark.line + 1 if mark else 1
        message = f"not valid YAML: {error.problem or error.context}."
        raise SourceError(name, [Problem(line, "", message)]) from error
    except YAMLError as error:
        message = f"not valid YAML: {' '.join(str(error).split())}."
        raise SourceError(name, [Problem(1, "", message)]) from error
    if root is None:
        raise SourceError(name, [Problem(1, "", "the file is empty.")])
    builder = _Builder(name)
    value = builder.build(root, ())
    return Document(name, value, builder.lines, builder.spans)


def _check_events(text: str, name: str) -> None:
    """Refuse aliases and depth before anything recursive looks at the text."""
    depth = 0
    for event in YAML(typ="safe", pure=True).parse(text):
        if isinstance(event, CollectionStartEvent):
            depth += 1
        elif isinstance(event, CollectionEndEvent):
            depth -= 1
        line = event.start_mark.line + 1
        if depth > MAX_DEPTH:
            raise SourceError(name, [Problem(line, "", f"nested deeper than {MAX_DEPTH} levels.")])
        if isinstance(event, AliasEvent) or (isinstance(event, NodeEvent) and event.anchor is not None):
            message = "anchors (&) and aliases (*) are not supported."
            raise SourceError(name, [Problem(line, "", message, "Write the value out, or quote the text.")])


class _Builder:
    """Turns composed nodes into plain values and notes their lines."""

    def __init__(self, name: str) -> None:
        self.name = name
        self.lines: dict[Location, int] = {}
        self.spans: dict[Location, Span] = {}

    def build(self, node: Node, location: Location, dash: int | None = None) -> Any:
        self.lines.setdefault(location, node.start_mark.line + 1)
        if isinstance(node, MappingNode):
            start = node.start_mark
            self.spans[location] = Span(start.index, _end(node), start.column, dash)
            return self._mapping(node, location)
        if isinstance(node, SequenceNode):
            inner = None if node.flow_style else node.start_mark.column
            return [self.build(item, (*location, index), inner) for index, item in enumerate(node.value)]
        if isinstance(node, ScalarNode):
            return self._scalar(node, location)
        raise self._refuse(node, location, "this kind of YAML node is not supported.")

    def _mapping(self, node: MappingNode, location: Location) -> dict[str, Any]:
        mapping: dict[str, Any] = {}
        for key_node, value_node in node.value:
            if not isinstance(key_node, ScalarNode) or key_node.tag == "tag:yaml.org,2002:merge":
                raise self._refuse(key_node, location, "a key must be a plain word.")
            key = key_node.value
            if key in mapping:
                first = self.lines[(*location, key)]
                raise self._refuse(key_node, location, f"`{key}` is given twice; first in line {first}.")
            self.lines[(*location, key)] = key_node.start_mark.line + 1
            mapping[key] = self.build(value_node, (*location, key))
        return mapping

    def _scalar(self, node: ScalarNode, location: Location) -> Any:
        kind = str(node.tag).removeprefix("tag:yaml.org,2002:")
        text = node.value
        try:
            if kind == "null":
                return None
            if kind == "bool":
                return text.lower() == "true"
            if kind == "int":
                return int(text, 0) if text.lstrip("+-").lower().startswith(("0x", "0o")) else int(text)
            if kind == "float":
                return self._decimal(node, location)
        except (ValueError, InvalidOperation) as error:
            raise self._refuse(node, location, f"`{text[:40]}` is no number that can be read.") from error
        if kind in {"str", "timestamp"}:
            return text
        raise self._refuse(node, location, f"tags ({str(node.tag)[:40]}) are not supported.")

    def _decimal(self, node: ScalarNode, location: Location) -> Decimal:
        number = Decimal(node.value)
        if not number.is_finite() or abs(number.adjusted()) > 30:
            raise self._refuse(node, location, f"`{node.value[:40]}` is out of range.")
        return number

    def _refuse(self, node: Node, location: Location, message: str) -> SourceError:
        return SourceError(self.name, [Problem(node.start_mark.line + 1, spell(location), message)])


def _end(node: Node) -> int:
    """Where the last word of `node` ends: a block's own mark stands behind the comments that follow it."""
    if isinstance(node, MappingNode | SequenceNode) and node.value and not node.flow_style:
        last = node.value[-1]
        return _end(last[1] if isinstance(last, tuple) else last)
    return int(node.end_mark.index)


def validate(document: Document, model: type[Model]) -> Model:
    """Make a `model` of `document`.

    Raises:
        SourceError: it does not fit; one problem for each field, with its line and a hint.
    """
    try:
        return model.model_validate(document.value)
    except ValidationError as error:
        raise SourceError(document.name, problems(document, error, model)) from error


def problems(
    document: Document, error: ValidationError, model: type[BaseModel], below: Location = ()
) -> list[Problem]:
    """Put each error of `model` at its line. `below` is where in `document` the validated value stands."""
    errors = error.errors(include_url=False)
    inner = {details["loc"][:depth] for details in errors for depth in range(len(details["loc"]))}
    return [
        _problem(document, details, model, below)
        for details in errors
        # A list whose every entry is wrong is also called too short: noise.
        if not (details["type"] == "too_short" and details["loc"] in inner)
    ]


def _problem(document: Document, details: ErrorDetails, model: type[BaseModel], below: Location) -> Problem:
    location = (*below, *details["loc"])
    known = document.known(location)
    line, where = document.line(location), document.where(known)
    last = str(details["loc"][-1]) if details["loc"] else ""
    context = details.get("ctx", {})
    match details["type"]:
        case "missing":
            return Problem(line, where, f"`{last}` is missing.")
        case "extra_forbidden":
            hint = did_you_mean(last, _field_names(model))
            return Problem(line, where, f"`{last}` is not a field here.", hint)
        case "union_tag_not_found":
            return Problem(line, where, f"{context['discriminator']} is missing.")
        case "union_tag_invalid":
            expected = str(context["expected_tags"])
            names = [name.strip(" '") for name in expected.split(",")]
            message = f"{context['discriminator']} is `{context['tag']}`, it must be one of {expected}."
            return Problem(line, where, message, did_you_mean(str(context["tag"]), names))
    return Problem(line, where, _sentence(details["msg"]))


def did_you_mean(word: str, names: Iterable[str]) -> str:
    """Give "Did you mean `x`?" when one of `names` is close to `word`, else nothing."""
    close = difflib.get_close_matches(word, sorted(set(names)), n=1, cutoff=0.6)
    return f"Did you mean `{close[0]}`?" if close else ""


def spell(location: Location) -> str:
    """Write a location as people do: criteria[0].items[2].points."""
    text = ""
    for step in location:
        text += f"[{step}]" if isinstance(step, int) else f".{step}" if text else step
    return text


def _field_names(model: type[BaseModel]) -> set[str]:
    schema = model.model_json_schema(by_alias=True)
    objects = [schema, *schema.get("$defs", {}).values()]
    return {name for found in objects for name in found.get("properties", {})}


def _sentence(message: str) -> str:
    message = message.removeprefix("Value error, ")
    return message if message.endswith((".", "?", "!")) else f"{message}."
