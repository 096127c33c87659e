"""`use:` in a rubric: entries of the library put in its place, so that what is scored with is complete in itself.

This happens to plain values, before the rubric is validated, so that what an author changes of an entry is checked
like everything else. A value that was taken over counts as written where the `use` stands.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any

from pydantic import BaseModel, ValidationError

from grader.rubric.library import PREFIX, CriterionUse, ItemsUse, ItemUse, Library, read_entry
from grader.rubric.writing import spelled
from grader.yaml_source import Document, Location, Problem, SourceError, did_you_mean, load, problems

OF_CRITERIA = ("id", "title", "weight", "weight_why", "needs")
"""What a criterion takes over beside its items."""


def expand(document: Document, library: Library) -> Document:
    """Put what `document` uses of `library` in the place of each `use`.

    Raises:
        SourceError: there is no such entry, or what is changed of it cannot be.
    """
    return _Expansion(document, library).run()


def self_contained(text: str, name: str, library: Library) -> str:
    """Write out each `use` in the text of a rubric, and leave every other character as it is.

    Raises:
        SourceError: it cannot be resolved.
    """
    document = load(text, name)
    expansion = _Expansion(document, library)
    expansion.run()
    for place, values in sorted(
        expansion.resolved, key=lambda one: document.spans[one[0]].start, reverse=True
    ):
        span = document.spans[place]
        text = text[: span.start] + spelled(values, span) + text[span.end :]
    return text


@dataclass(frozen=True)
class _Entry:
    """One entry of a list after its `use` was resolved, and where the author wrote it."""

    value: Any
    written: Location
    is_whole: bool = True
    """What was written there is the entry itself, part by part; else a `use` that stands for it."""


class _Expansion:
    """One run over one document. `resolved`: where each `use` stood, with what it became, in the order of the file."""

    def __init__(self, document: Document, library: Library) -> None:
        self.document = document
        self.library = library
        self.resolved: list[tuple[Location, list[Any]]] = []
        self._lines = dict(document.lines)
        self._written: dict[Location, Location] = {}
        self._found: list[Problem] = []

    def run(self) -> Document:
        """The document without a `use`.

        Raises:
            SourceError: one cannot be resolved.
        """
        root = self.document.value
        if not isinstance(root, dict):
            return self.document
        value = dict(root)
        if isinstance(root.get("criteria"), list):
            value["criteria"] = [
                self._criterion(entry, ("criteria", index)) for index, entry in enumerate(root["criteria"])
            ]
        if isinstance(root.get("levels"), dict):
            value["levels"] = {
                name: self._level(level, ("levels", name)) for name, level in root["levels"].items()
            }
        if self._found:
            raise SourceError(self.document.name, self._found)
        return replace(self.document, value=value, lines=self._lines, written=self._written)

    def _level(self, level: Any, place: Location) -> Any:
        added = level.get("add_items") if isinstance(level, dict) else None
        if not isinstance(added, dict):
            return level
        items = {name: self._items(entries, (*place, "add_items", name)) for name, entries in added.items()}
        return {**level, "add_items": items}

    def _criterion(self, entry: Any, place: Location) -> Any:
        if not isinstance(entry, dict) or "use" not in entry:
            if isinstance(entry, dict) and "items" in entry:
                return {**entry, "items": self._items(entry["items"], (*place, "items"))}
            return entry
        taken = self._taken(entry, place, CriterionUse)
        if taken is None:
            return entry
        added = [
            one
            for index, extra in enumerate(entry.get("add_items", []))
            for one in self._entries(extra, (*place, "add_items", index))
        ]
        items = [*self._changed(taken, entry.get("items", {}), place), *added]
        self._rebuild((*place, "items"), items)
        own = {name: value for name, value in entry.items() if name not in {"use", "items", "add_items"}}
        kept = {name: taken[name] for name in OF_CRITERIA if name in taken}
        whole = {**kept, **own, "origin": entry["use"], "items": [item.value for item in items]}
        self.resolved.append((place, [whole]))
        return whole

    def _items(self, entries: Any, place: Location) -> Any:
        if not isinstance(entries, list) or not any(
            isinstance(one, dict) and "use" in one for one in entries
        ):
            return entries
        found = []
        for index, entry in enumerate(entries):
            each = self._entries(entry, (*place, index))
            if isinstance(entry, dict) and "use" in entry:
                self.resolved.append(((*place, index), [one.value for one in each]))
            found += each
        self._rebuild(place, found)
        return [one.value for one in found]

    def _entries(self, entry: Any, place: Location) -> list[_Entry]:
        """What one entry of a list of items amounts to."""
        if not isinstance(entry, dict) or "use" not in entry:
            return [_Entry(entry, place)]
        if str(entry["use"]).count("/") < 2:
            taken = self._taken(entry, place, ItemsUse)
            if taken is None:
                return []
            every = self._changed(taken, entry.get("items", {}), place)
            return [
                replace(one, value=_alone(one.value, taken, f"{entry['use']}/{one.value['id']}"))
                for one in every
            ]
        criterion, _, name = str(entry["use"]).rpartition("/")
        taken = self._taken(entry, place, ItemUse, criterion)
        if taken is None:
            return []
        found = next((item for item in taken["items"] if item["id"] == name), None)
        if found is None:
            self._no_item((*place, "use"), name, taken)
            return []
        own = {key: value for key, value in entry.items() if key != "use"}
        return [_Entry(_alone({**found, **own}, taken, entry["use"]), place)]

    def _changed(self, taken: dict[str, Any], changes: dict[str, Any], place: Location) -> list[_Entry]:
        """The items of a criterion of the library, with what the author changes of them."""
        for name in changes:
            if name not in [item["id"] for item in taken["items"]]:
                self._no_item((*place, "items", name), name, taken)
        kept = []
        for item in taken["items"]:
            change = dict(changes.get(item["id"], {}))
            if change.pop("drop", False):
                continue
            is_changed = item["id"] in changes
            written = (*place, "items", item["id"]) if is_changed else place
            kept.append(_Entry({**item, **change}, written, is_changed))
        return kept

    def _taken(
        self, entry: dict[str, Any], place: Location, model: type[BaseModel], used: str | None = None
    ) -> dict[str, Any] | None:
        """The criterion of the library that `entry` uses; None where something is wrong, which is noted."""
        try:
            model.model_validate(entry)
        except ValidationError as error:
            self._found += [_helped(one, entry) for one in problems(self.document, error, model, place)]
            return None
        name = (used or str(entry["use"])).removeprefix(PREFIX)
        if name in self.library:
            return read_entry(self.library[name], name)[0]
        self._complain((*place, "use"), f"the library has no `{name}`.", _nearest(name, self.library))
        return None

    def _no_item(self, place: Location, name: str, taken: dict[str, Any]) -> None:
        names = [item["id"] for item in taken["items"]]
        hint = did_you_mean(name, names) or f"It has {', '.join(names)}."
        self._complain(place, f"`{taken['id']}@{taken['version']}` has no item `{name}`.", hint)

    def _complain(self, place: Location, message: str, hint: str) -> None:
        known = self.document.known(place)
        self._found.append(Problem(self.document.line(known), self.document.where(known), message, hint))

    def _rebuild(self, place: Location, entries: list[_Entry]) -> None:
        """Let each entry of the list at `place` count as written where its author wrote it."""
        depth = len(place)
        for old in [old for old in self._lines if old[:depth] == place and len(old) > depth]:
            del self._lines[old]
        self._lines.setdefault(place, self.document.line(place))
        for index, entry in enumerate(entries):
            new, written = (*place, index), entry.written
            for old, line in self.document.lines.items():
                if old == written or (entry.is_whole and old[: len(written)] == written):
                    moved = (*new, *old[len(written) :])
                    self._lines[moved], self._written[moved] = line, old


def _alone(item: dict[str, Any], taken: dict[str, Any], origin: str) -> dict[str, Any]:
    """An item without its criterion: it brings along what that needs."""
    needs = {"needs": taken["needs"]} if "needs" in taken and item["kind"] != "human" else {}
    return {"id": item["id"], **needs, **item, "origin": origin}


def _helped(problem: Problem, entry: Mapping[str, Any]) -> Problem:
    if "pattern" not in problem.message or not problem.where.endswith("use"):
        return problem
    message = f"`{str(entry['use'])[:60]}` is no name in the library."
    return replace(
        problem, message=message, hint="Write library/NAME@VERSION, and /ITEM behind it for an item."
    )


def _nearest(name: str, library: Library) -> str:
    bare = name.partition("@")[0]
    versions = sorted(one for one in library if one.partition("@")[0] == bare)
    if versions:
        return f"It has {', '.join(versions)}."
    return did_you_mean(name, library) or f"It has {', '.join(sorted(library)) or 'nothing'}."
