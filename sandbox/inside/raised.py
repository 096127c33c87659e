"""Exceptions over the bridge: builtin ones as themselves, a stranger's as stand-ins with the builtin base.

Class, arguments, text, cause, context and notes cross; everything else is asked of the original. Tracebacks do
not cross, but the candidate's side adds where in its code the exception came from, for the reviewer.
"""

from __future__ import annotations

import os
from typing import TYPE_CHECKING, Any

from . import handles, metaclasses
from .named import named_class
from .values import BadValue, Encoded

if TYPE_CHECKING:
    from .objects import Objects

_CHAIN = 4
_FRAMES = 12
_TEXT = 20_000
_ARGUMENTS = 200
_KEPT = 256
"""Exceptions whose home is remembered: enough for one that is raised again, not for one per call."""
_ATOMS = (str, int, float, bool, bytes, type(None))


class Raised:
    """Encodes and decodes exceptions for one side."""

    def __init__(self, objects: Objects) -> None:
        self._objects = objects
        self._homes: dict[int, tuple[BaseException, handles.Handle]] = {}
        self._numbers: dict[int, int] = {}
        self.root: str | None = None

    def home(self, error: BaseException) -> handles.Handle | None:
        """The handle of an exception that came from the other side."""
        known = self._homes.get(id(error))
        return known[1] if known else None

    def forget(self) -> None:
        """The other process is a new one."""
        self._homes.clear()
        self._numbers.clear()

    def encode(self, error: BaseException, depth: int = 0) -> Encoded:
        """The JSON form of an exception."""
        home = self._objects.home(error)
        if home is not None:
            return ["p", home.oid]
        extra = self._extra(error, depth)
        number = self._objects.number(error)
        arguments = self._arguments(error)
        named = named_class(type(error))
        if named is not None:
            attributes = {n: v for n, v in vars(error).items() if type(v) in _ATOMS and not n.startswith("_")}
            if attributes:
                extra["a"] = {name: self._objects.values.encode(value) for name, value in attributes.items()}
        if named is not None and not set(vars(error)) - {"__notes__"}:
            return ["E", number, named, arguments, extra]
        return ["e", number, self._objects.classes.encode(type(error)), arguments, extra, _text(error)]

    def _arguments(self, error: BaseException) -> list[Encoded]:
        encoded = []
        arguments: tuple[Any, ...] = (
            (error.message, error.exceptions) if isinstance(error, BaseExceptionGroup) else error.args
        )
        if isinstance(error, OSError) and len(arguments) == 2 and error.filename is not None:
            arguments = (*arguments, error.filename)
        for argument in arguments[:_ARGUMENTS]:
            try:
                encoded.append(self._objects.values.encode(argument))
            except BadValue:
                encoded.append("<a value that cannot cross the bridge>")
        return encoded

    def _extra(self, error: BaseException, depth: int) -> dict[str, Any]:
        extra: dict[str, Any] = {}
        if depth < _CHAIN:
            if error.__cause__ is not None:
                extra["c"] = self.encode(error.__cause__, depth + 1)
            if error.__context__ is not None and error.__context__ is not error.__cause__:
                extra["x"] = self.encode(error.__context__, depth + 1)
        if error.__suppress_context__:
            extra["s"] = 1
        notes = getattr(error, "__notes__", None)
        if isinstance(notes, list):
            extra["n"] = [str(note)[:_TEXT] for note in notes[:20]]
        if isinstance(error, (ImportError, NameError, AttributeError)) and isinstance(error.name, str):
            extra["m"] = error.name
        if self.root is not None:
            extra["w"] = self._places(error)
            error.__traceback__ = None
        return extra

    def _places(self, error: BaseException) -> list[list[Any]]:
        """[path, line, function] of the candidate's frames, outermost first."""
        assert self.root is not None
        places: list[list[Any]] = []
        if isinstance(error, SyntaxError) and isinstance(error.filename, str):
            places.append([os.path.relpath(error.filename, self.root), error.lineno or 1, "<module>"])
        step = error.__traceback__
        while step is not None:
            code = step.tb_frame.f_code
            if code.co_filename.startswith(self.root + "/"):
                places.append([code.co_filename[len(self.root) + 1 :], step.tb_lineno, code.co_name])
            step = step.tb_next
        return places[-_FRAMES:]

    def decode(self, data: Encoded) -> BaseException:
        """The exception of a JSON form.

        Raises:
            BadValue: it is none.
        """
        if data[0] == "p":
            error = self._objects.exported(data[1])
            if not isinstance(error, BaseException):
                raise BadValue("something raised that is no exception")
            return error
        if data[0] not in ("E", "e"):
            raise BadValue("something raised that is no exception")
        known = self._objects._seen(data[1]) or self._kept(data[1])
        if isinstance(known, BaseException):
            return known
        cls = self._objects.values.decode(data[2])
        if not (isinstance(cls, type) and issubclass(cls, BaseException)):
            raise BadValue("something raised that is no exception")
        if len(data[3]) > _ARGUMENTS:
            raise BadValue("an exception with too many arguments")
        arguments = [self._objects.values.decode(item) for item in data[3]]
        handle = handles.Handle(self._objects, data[1])
        error = _construct(cls, arguments, plain=data[0] == "E")
        if data[0] == "e":
            vars(error).update(_bridge=handle, _bridge_text=str(data[5]))
            self._objects._stand_ins[data[1]] = error
        else:
            while len(self._homes) >= _KEPT:
                oldest = self._homes.pop(next(iter(self._homes)))
                self._numbers.pop(oldest[1].oid, None)
            self._homes[id(error)] = (error, handle)
            self._numbers[handle.oid] = id(error)
        self._finish(error, data[4])
        return error

    def _kept(self, number: Any) -> BaseException | None:
        """A builtin exception that crosses for the second time: they cannot be held weakly."""
        known = self._homes.get(self._numbers.get(number, 0))
        if known is None:
            return None
        known[1].count += 1
        return known[0]

    def _finish(self, error: BaseException, extra: dict[str, Any]) -> None:
        if "c" in extra:
            error.__cause__ = self.decode(extra["c"])
        if "x" in extra:
            error.__context__ = self.decode(extra["x"])
        error.__suppress_context__ = bool(extra.get("s"))
        for note in extra.get("n", ()):
            error.__dict__.setdefault("__notes__", []).append(str(note))
        if isinstance(error, (ImportError, NameError, AttributeError)) and "m" in extra:
            BaseException.__setattr__(error, "name", str(extra["m"]))
        if not isinstance(type(error), metaclasses.MirrorMeta):
            for name, value in extra.get("a", {}).items():
                if not name.startswith("_"):
                    error.__dict__[name] = self._objects.values.decode(value)
        if "w" in extra:
            error.__dict__["_bridge_where"] = [
                (str(path), int(line), str(name)) for path, line, name in extra["w"]
            ]


def _construct(cls: type[BaseException], arguments: list[Any], *, plain: bool) -> BaseException:
    if plain:
        try:
            return cls(*arguments)
        except (TypeError, ValueError):
            made = cls.__new__(cls)
    else:
        try:
            made = cls.__new__(cls, *arguments)
        except (TypeError, ValueError):
            made = cls.__new__(cls)
    BaseException.args.__set__(made, tuple(arguments))  # type: ignore[attr-defined]
    return made


def _text(error: BaseException) -> str:
    try:
        return str.__str__(str(error))[:_TEXT]
    except Exception as problem:
        return f"<unprintable: {type(problem).__name__}>"
