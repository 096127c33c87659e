"""Classes and modules of the standard library that may be named over the bridge, and plain values inside subclasses.

Each side names what both sides have. The driver takes only names from closed lists: a name must never become a way
to reach something that does more than hold data.
"""

from __future__ import annotations

import builtins
import importlib
import sys
import types
from typing import Any

from . import describe
from .values import BadValue, Encoded

_TYPE_MODULES = frozenset(
    "abc argparse array asyncio asyncio.exceptions asyncio.queues binascii calendar collections collections.abc "
    "concurrent.futures concurrent.futures._base configparser contextlib copy csv _csv dataclasses datetime decimal "
    "email.errors enum fractions getopt graphlib http.client io _io ipaddress json json.decoder locale logging "
    "numbers pathlib pickle _pickle queue _queue random re shutil smtplib socket sqlite3 ssl statistics string struct "
    "subprocess tarfile threading tomllib types typing urllib.error uuid xml.etree.ElementTree xml.parsers.expat "
    "zipfile zlib zoneinfo".split()
)
"""Modules whose classes may be named over the bridge. Neither unittest nor pytest is among them."""

SHARED_MODULES = frozenset(
    "abc argparse asyncio bisect calendar collections configparser contextlib copy csv dataclasses datetime decimal "
    "enum fractions functools getpass glob hashlib heapq io itertools json locale logging math operator os pathlib "
    "platform posixpath pprint queue random re secrets shutil socket sqlite3 statistics string subprocess sys "
    "tempfile textwrap threading time traceback types typing urllib urllib.error urllib.parse urllib.request uuid "
    "warnings".split()
)
"""A test that reaches one of these through the candidate's module (`game.random.seed(1)`) gets its own: what it
replaces there is mirrored."""

HARMLESS = frozenset(
    "bool bytearray bytes complex dict enumerate filter float frozenset int list map object range reversed set slice "
    "str tuple zip date datetime time timedelta timezone Decimal Fraction UUID Path PosixPath PurePath PurePosixPath "
    "OrderedDict Counter defaultdict deque array StringIO BytesIO Pattern Match ABC ABCMeta".split()
)


_FUNCTIONS = frozenset(
    "abs all any ascii bin callable chr divmod format hash hex id isinstance issubclass iter len max min next oct ord "
    "pow repr reversed round sorted sum".split()
)
"""Builtin functions that come back from the candidate's side as themselves."""


def may_name(tag: str, data: list[Any]) -> bool:
    """Whether a stranger may name this module or function: shared modules, and functions that only compute."""
    if tag == "M":
        return data[1] in SHARED_MODULES
    module, path = data[1], data[2]
    if module in ("math", "operator"):
        return isinstance(path, str) and "." not in path and not path.startswith("_")
    if module != "builtins" or not isinstance(path, str):
        return False
    owner, _, method = path.partition(".")
    return (owner in HARMLESS and method.isalpha()) if method else owner in _FUNCTIONS


def named_class(cls: type) -> Encoded | None:
    """The closed-list name of a builtin or standard class; None when it is neither."""
    name = describe.named_builtin(cls)
    if name is not None:
        return ["T", name]
    module = getattr(cls, "__module__", None)
    if module in _TYPE_MODULES:
        holder = sys.modules.get(module)
        if holder is not None and getattr(holder, cls.__qualname__, None) is cls:
            return ["S", module, cls.__qualname__]
    return None


def is_harmless(cls: type) -> bool:
    """Whether this class of the tests' side may be named to a stranger in passing: it is no class of the tests."""
    return named_class(cls) is not None or "_bridge_class" in vars(cls)


def resolve_class(data: list[Any]) -> type:
    """The inverse of `named_class`.

    Raises:
        BadValue: the name is not on the list.
    """
    if data[0] == "T":
        found = getattr(builtins, data[1], None) if isinstance(data[1], str) else None
    else:
        if data[1] not in _TYPE_MODULES or not isinstance(data[2], str) or "." in data[2]:
            raise BadValue("a class that may not be named")
        found = getattr(importlib.import_module(data[1]), data[2], None)
    if not isinstance(found, type):
        raise BadValue("a name that is no class")
    return found


def harmless_class(data: list[Any]) -> type:
    """Like `resolve_class`, for names that a stranger sent: a test may call what it gets.

    Raises:
        BadValue: it is neither an exception nor a plain data type.
    """
    found = resolve_class(data)
    if found.__name__ in HARMLESS or issubclass(found, BaseException):
        return found
    raise BadValue("a class that the candidate's side may not name")


def local_class(facts: dict[str, Any]) -> type | None:
    """The class of this side's standard library that a described class is, where it is one that tests ask for."""
    if facts["m"] == "builtins":
        found = (
            types.MappingProxyType if facts["q"] == "mappingproxy" else getattr(builtins, facts["q"], None)
        )
    elif facts["m"] in _TYPE_MODULES - {"enum", "typing", "collections.abc", "numbers"}:
        found = getattr(sys.modules.get(facts["m"]), facts["q"], None)
    else:
        return None
    return found if isinstance(found, type) and found is not object else None


def stdlib_path(value: Any) -> tuple[str, str] | None:
    owner = getattr(value, "__objclass__", None)
    if owner is None and isinstance(getattr(value, "__self__", None), type):
        owner = value.__self__
    if owner is not None:
        named = describe.named_builtin(owner)
        return ("builtins", f"{named}.{value.__name__}") if named else None
    holder = getattr(value, "__self__", None)
    if isinstance(holder, types.ModuleType) and holder.__name__.partition(".")[0] in sys.stdlib_module_names:
        public = sys.modules.get(holder.__name__.removeprefix("_"), holder)
        same = getattr(public, value.__name__, None) is value
        return (public.__name__ if same else holder.__name__, value.__name__)
    return None


def lookup(path: list[str]) -> Any:
    found: Any = importlib.import_module(path[0])
    for part in path[1].split(".") if len(path) > 1 else ():
        found = getattr(found, part)
    return found


def exact_value(base: type, value: Any, fallback: Any) -> Any:
    """The plain value inside an instance of a subclass, past anything that the subclass overrides."""
    if base is str:
        return (
            str.__str__(value)
            if type(str.__str__(value)) is str
            else "".join(str.__getitem__(value, slice(None)))
        )
    if base is int:
        return int.__int__(value)
    if base is float:
        return float.__float__(value)
    if base is bytes:
        return bytes.__getitem__(value, slice(None))
    if base is frozenset:
        return frozenset(frozenset.__iter__(value))
    return fallback
