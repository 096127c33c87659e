"""Makes a new take-home from `word-count/`: small, complete, fit to publish as it is, and easy to change.

The template is a take-home like any other, so that the publish check can be tried on it.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

from pydantic import TypeAdapter, ValidationError

from grader.takehome import LEFT_BEHIND, RUBRIC_FILE, SPEC_FILE, TakehomeError
from grader.takehome_spec import Name

TEMPLATE = Path(__file__).with_name("word-count")
_NAMED = {SPEC_FILE, RUBRIC_FILE}
_NAME_LINE = re.compile(rf"^name: {TEMPLATE.name}$", re.MULTILINE)


class CannotMake(TakehomeError):
    """No take-home can be made there. The message says why and what to type instead."""


def write(folder: Path) -> None:
    """Make the take-home `folder`; its last part becomes the name.

    Raises:
        CannotMake: not a name for a take-home, something is there already, or the folder cannot be written.
    """
    name = _checked_name(folder)
    try:
        if folder.exists() and (not folder.is_dir() or any(folder.iterdir())):
            raise CannotMake(
                f"{folder} is there already and not empty. Choose another folder; nothing was changed."
            )
        for source in _files(TEMPLATE):
            target = folder / source.relative_to(TEMPLATE)
            target.parent.mkdir(parents=True, exist_ok=True)
            text = source.read_text("utf-8")
            target.write_text(
                _NAME_LINE.sub(f"name: {name}", text) if source.name in _NAMED else text, "utf-8"
            )
    except OSError as error:
        raise CannotMake(f"{folder} cannot be written: {error.strerror}.") from error


def _checked_name(folder: Path) -> str:
    name = folder.resolve().name
    try:
        return TypeAdapter(Name).validate_python(name)
    except ValidationError as error:
        raise CannotMake(
            f"{name!r} is no name for a take-home: use small letters and digits, in words joined by hyphens, such as "
            f"'{_proposal(name)}'."
        ) from error


def _proposal(name: str) -> str:
    words = re.findall(r"[a-z0-9]+", name.casefold())
    return "-".join(words).lstrip("0123456789-")[:60].rstrip("-") or "my-task"


def _files(folder: Path) -> Iterator[Path]:
    for path in sorted(folder.iterdir()):
        if path.name in LEFT_BEHIND:
            continue
        if path.is_dir():
            yield from _files(path)
        else:
            yield path
