"""The page of all settings, made from the code: `python -m api.settings_page > docs/settings.md`."""

from __future__ import annotations

import sys
import types
from collections.abc import Iterator
from pathlib import Path
from typing import Any, Final, Union, get_args, get_origin

from pydantic import BaseModel, SecretStr
from pydantic.fields import FieldInfo

from api.settings import PREFIX, Settings

_OPENING: Final = """\
# Settings

Made from the code by `python -m api.settings_page`; a test compares the two.

Every setting is an environment variable. The service reads them once, when it starts, and does not start where one is
wrong, where a secret can be guessed, or where a variable with the prefix `GRADER_` is no setting. Secrets never appear
in logs or messages.

`GRADER_PYTHON_IMAGE` ([operations](operations.md)) is not a setting of the service: it names the image at the bottom of
the sandboxes.
"""
_HEAD: Final = ("| variable | kind | when it is not set | meaning |", "|---|---|---|---|")
_WORDS: Final = {str: "text", int: "whole number", float: "number", bool: "true or false", Path: "folder"}


def text() -> str:
    """The page, in Markdown."""
    groups = {name: field for name, field in Settings.model_fields.items() if _group(field)}
    plain = [_row(PREFIX, name, field) for name, field in Settings.model_fields.items() if name not in groups]
    lines = [_OPENING, "## The service", "", *_HEAD, *plain]
    for name, field in groups.items():
        model = field.annotation
        assert isinstance(model, type)
        assert issubclass(model, BaseModel)
        lines += ["", f"## {name.upper() if len(name) == 4 else name.title()}", "", *_sentence(model), *_HEAD]
        lines += [_row(f"{PREFIX}{name.upper()}__", inner, one) for inner, one in model.model_fields.items()]
    return "\n".join(lines) + "\n"


def _group(field: FieldInfo) -> bool:
    return isinstance(field.annotation, type) and issubclass(field.annotation, BaseModel)


def _sentence(model: type[BaseModel]) -> Iterator[str]:
    yield from (" ".join((model.__doc__ or "").split()), "")


def _row(prefix: str, name: str, field: FieldInfo) -> str:
    meaning = " ".join((field.description or "").split()).replace("|", "\\|")
    return f"| `{prefix}{name.upper()}` | {_kind(field)} | {_default(name, field)} | {meaning} |"


def _kind(field: FieldInfo) -> str:
    kind: Any = field.annotation
    if get_origin(kind) in {Union, types.UnionType}:
        kind = next(one for one in get_args(kind) if one is not type(None))
    if kind is SecretStr:
        return "secret"
    bounds = {type(one).__name__: one for one in field.metadata}
    if (pattern := getattr(bounds.get("_PydanticGeneralMetadata"), "pattern", None)) is not None:
        return str(pattern).strip("^$()").replace("|", " or ")
    words = _WORDS[kind]
    if "Gt" in bounds:
        return f"{words} above {bounds['Gt'].gt}"
    if "Ge" in bounds:
        most = f" to {bounds['Le'].le}" if "Le" in bounds else " or more"
        return f"{words}, {bounds['Ge'].ge}{most}"
    return words


def _default(name: str, field: FieldInfo) -> str:
    if name == "data":
        return "`/var/lib/takehome-grader` for root, else `~/.local/share/takehome-grader`"
    value = field.default
    if value is None or value == "" or (isinstance(value, SecretStr) and not value.get_secret_value()):
        return ""
    shown = str(value).lower() if isinstance(value, bool) else str(value)
    if isinstance(value, int) and value >= 2**20 and value % 2**20 == 0:
        shown = f"{value} ({value // 2**20} MiB)"
    return f"`{shown}`"


if __name__ == "__main__":
    sys.stdout.write(text())
