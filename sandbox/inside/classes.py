"""Classes over the bridge: described once by the side that has them, made into stand-in classes by the other."""

from __future__ import annotations

import inspect
import sys
import types
import weakref
from typing import TYPE_CHECKING, Any

from . import describe, members, metaclasses, mirror, named
from .handles import DerivedHandle, Handle
from .values import BadValue, Encoded

if TYPE_CHECKING:
    from .objects import Objects


class Classes:
    """The classes of one side: which it described, and which stand-ins it made."""

    def __init__(self, objects: Objects) -> None:
        self._objects = objects
        self._driver = objects.driver
        self.given: weakref.WeakSet[type] = weakref.WeakSet()
        """Classes that were given as values, not only named as the class of an object."""
        self._made: dict[int, metaclasses.MirrorMeta] = {}
        self._by_path: dict[tuple[str, str], metaclasses.MirrorMeta] = {}

    def forget(self) -> None:
        """The other process is a new one. Stand-ins stay: they are found again by their names."""
        self._made.clear()

    def encode(self, cls: type, *, instance: bool = False) -> Encoded:
        """A reference to a class, described when it crosses for the first time."""
        cls = vars(cls).get("_bridge_face_of", cls)
        home = mirror.handle_of(cls)
        if home is not None:
            if "_bridge_local" in vars(cls) or home.born == self._objects.generation:
                return ["p", home.oid]
            self._objects.find_again(home)
            return ["p", home.oid]
        if not instance:
            name = named.named_class(cls)
            if name is not None and (
                self._driver or cls.__name__ in named.HARMLESS or issubclass(cls, BaseException)
            ):
                return name
        number = self._objects.number(cls)
        if not instance:
            self.given.add(cls)
        if number in self._objects.described:
            return ["C", number, None]
        self._objects.describe(number)
        return ["C", number, self._describe(cls)]

    def _describe(self, cls: type) -> dict[str, Any]:
        bases: list[Encoded] = []
        for base in cls.__bases__:
            if base is object:
                continue
            if base in describe.VALUE_BASES or (
                issubclass(base, BaseException) and named.named_class(base) is not None
            ):
                bases.append(named.named_class(base))
            else:
                bases.append(self.encode(base, instance=True))
        module = cls.__module__ if isinstance(cls.__module__, str) else "?"
        facts: dict[str, Any] = {
            "n": cls.__name__,
            "q": describe.short_name(cls.__qualname__) if self._driver else cls.__qualname__,
            "m": None if self._driver and module.partition(".")[0] not in sys.stdlib_module_names else module,
            "d": None if self._driver else (cls.__doc__ if isinstance(cls.__doc__, str) else None),
            "b": bases,
            "a": describe.members(cls, public_only=self._driver),
            "i": describe.abstract_names(cls),
        }
        if describe.is_enum(cls):
            facts["e"] = 1
        elif not self._driver:
            facts["t"] = describe.metaclass_members(cls)
            if describe.decides_membership(cls):
                facts["k"] = 1
        notes = inspect.get_annotations(cls)
        if notes:
            facts["o"] = [[str(name), self._annotation(note)] for name, note in notes.items()]
        fields = vars(cls).get("__dataclass_fields__")
        if isinstance(fields, dict):
            facts["f"] = self._objects.values.encode(describe.field_facts(fields, bare=self._driver))
        if not self._driver:
            facts.update(describe.inspected_facts(cls))
        return facts

    def _annotation(self, note: Any) -> Encoded:
        """A class that both sides have, a class of the candidate's, or how the annotation reads."""
        if isinstance(note, type) and not isinstance(note, types.GenericAlias):
            name = named.named_class(note)
            if name is not None and note.__name__ in named.HARMLESS:
                return name
            return note.__name__
        return note if isinstance(note, str) else inspect.formatannotation(note)

    def revive(self, data: list[Any]) -> Any:
        known = self._made.get(data[1])
        if known is not None:
            return known
        facts = data[2]
        if facts is None:
            raise BadValue("a class without description")
        path = (facts["m"] or "", facts["q"])
        old = self._by_path.get(path) if facts["m"] else None
        if old is not None and vars(old)["_bridge_class"].born != self._objects.generation:
            type.__setattr__(old, "_bridge_class", Handle(self._objects, data[1], path))
            self._made[data[1]] = old
            for base in facts["b"]:
                self._objects.values.decode(base)
            return old
        made = self._make(facts, data[1], path)
        self._made[data[1]] = made
        if facts["m"]:
            self._by_path[path] = made
        return made

    def _make(self, facts: dict[str, Any], number: int, path: tuple[str, str]) -> metaclasses.MirrorMeta:
        bases = tuple(self._objects.values.decode(base) for base in facts["b"])
        if not all(isinstance(base, type) for base in bases):
            raise BadValue("a base that is no class")
        error = any(issubclass(base, BaseException) for base in bases)
        value = any(issubclass(base, describe.VALUE_BASES) for base in bases)
        if not any(isinstance(base, metaclasses.MirrorMeta) for base in bases) or (
            (error or value)
            and not any(issubclass(base, (mirror.ErrorMirror, mirror.ValueMirror)) for base in bases)
        ):
            bases = (mirror.ErrorMirror if error else mirror.ValueMirror if value else mirror.Mirror, *bases)
        namespace: dict[str, Any] = {
            "__module__": facts["m"] or "tests",
            "__qualname__": facts["q"],
            "__doc__": facts["d"],
        }
        if "o" in facts:
            decode = self._objects.values.decode
            namespace["__annotations__"] = {str(name): decode(note) for name, note in facts["o"]}
        stubs = self._stubs(facts["a"], namespace, plain=not value)
        local = None if error or value else named.local_class(facts)
        if local is not None:
            namespace["__class__"] = metaclasses.facade(local)
        if "f" in facts:
            fields = self._objects.values.decode(facts["f"])
            namespace["__dataclass_fields__"] = members.dataclass_fields(fields)
        bases = _consistent(bases)
        base_meta = metaclasses.EnumMirrorMeta if facts.get("e") else metaclasses.MirrorMeta
        special = [name for name in facts.get("t", ()) if name in describe.METACLASS_PROTOCOL]
        meta = metaclasses.metaclass(bases, special, base_meta)
        try:
            made = meta.__new__(meta, facts["n"], bases, namespace, made=True)
        except TypeError as problem:
            raise BadValue(f"the class {facts['n']!r:.80} cannot be represented: {problem}") from problem
        type.__setattr__(made, "_bridge_class", Handle(self._objects, number, path if facts["m"] else None))
        if "k" in facts:
            type.__setattr__(made, "_bridge_abstract", True)
        if "ab" in facts:
            type.__setattr__(made, "__abstractmethods__", frozenset(str(name) for name in facts["ab"]))
        if "sl" in facts:
            type.__setattr__(made, "__slots__", tuple(str(name) for name in facts["sl"]))
        for stub in stubs:
            stub.owner = made
        for name in facts["i"]:
            parent = describe.ABSTRACT.get(name)
            if parent is not None and not issubclass(made, parent):
                parent.register(made)  # type: ignore[attr-defined]
        return made

    def _stubs(
        self, names: dict[str, str], namespace: dict[str, Any], *, plain: bool
    ) -> list[members.MethodStub]:
        stubs: list[members.MethodStub] = []
        for name, kind in names.items():
            if name.startswith("__") and name.endswith("__"):
                if name not in describe.PROTOCOL or (
                    not plain and name in (*describe.COMPARISONS, "__hash__")
                ):
                    continue
                holder = _Owner()
                stubs.append(holder)
                namespace[name] = members.special(name, holder.get) if kind else None
            elif name in ("_bridge", "_bridge_class", "_bridge_local"):
                continue
            elif kind == "p":
                namespace[name] = members.PropertyStub(name)
            elif kind:
                stub = members.MethodStub(name, kind)
                stubs.append(stub)
                namespace[name] = stub
        if "__eq__" in namespace and plain and "__hash__" not in names:
            namespace["__hash__"] = None
        return stubs

    def subclass(
        self, cls: metaclasses.MirrorMeta, parent: Handle, namespace: dict[str, Any], kwargs: dict[str, Any]
    ) -> None:
        """A test derives a class from one of the candidate's: derive it over there too."""
        bases = [base for base in cls.__bases__ if isinstance(base, metaclasses.MirrorMeta)]
        body = {
            name: value
            for name, value in namespace.items()
            if name
            not in (
                "__module__",
                "__qualname__",
                "__doc__",
                "__classcell__",
                "__firstlineno__",
                "__static_attributes__",
            )
        }

        def derive() -> int:
            number: int = parent.ask("subclass", cls.__name__, bases, body, kwargs)
            self._made[number] = cls
            return number

        type.__setattr__(cls, "_bridge_class", DerivedHandle(self._objects, derive))
        type.__setattr__(cls, "_bridge_local", True)
        for name in body:
            if not (name.startswith("__") and name.endswith("__")) and not metaclasses.stays_local(
                namespace[name]
            ):
                type.__delattr__(cls, name)


class _Owner(members.MethodStub):
    """Tells the stub of a special method to which class it belongs, once that exists."""

    __slots__ = ()

    def __init__(self) -> None:
        super().__init__("", "m")

    def get(self) -> type:
        assert self.owner is not None
        return self.owner


def _consistent(bases: tuple[type, ...]) -> tuple[type, ...]:
    """Drop the general stand-in base where a more special one follows (it would break the resolution order)."""
    if len(bases) > 1:
        bases = tuple(
            base
            for base in bases
            if not any(other is not base and issubclass(other, base) for other in bases)
        )
    return bases
