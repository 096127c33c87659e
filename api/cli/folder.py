"""A folder as the archive that `grader submit` sends: what git would send, in the same bytes each time.

Left out is what no grading looks at (caches, virtual environments), what a .gitignore names, and links. Of `.git` only
what makes the history goes along: its configuration may hold the pipeline's own credentials, and stays here.
"""

from __future__ import annotations

import os
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final

from pathspec import GitIgnoreSpec

from api.cli.failures import WrongUsage
from api.takehomes.packing import pack
from grader.intake.limits import IntakeLimits, size
from grader.intake.names import left_out

LIMITS: Final = IntakeLimits()
HISTORY: Final = ("HEAD", "packed-refs", "shallow", "refs", "objects")
"""What is read of a repository. No configuration, no hooks, no logs, no index."""
LONGEST_IGNORE: Final = 2**20
Rules = tuple[str, GitIgnoreSpec]
"""A folder with a slash at its end ("" for the top), and what its .gitignore says about everything below it."""


@dataclass
class Packed:
    """What will be sent."""

    files: dict[str, bytes] = field(default_factory=dict)
    ignored: int = 0
    """Entries that a .gitignore names."""
    links: int = 0
    """Links and other things that are no files."""
    history: bool = False
    """A repository's history goes along."""

    def archive(self) -> bytes:
        """A tar.gz without times or owners."""
        return pack(self.files)


def packed(folder: Path, *, history: bool = True) -> Packed:
    """Read the files of a folder that are worth sending.

    Raises:
        WrongUsage: there are none, they are too much, or one cannot be read.
    """
    found = Packed()
    try:
        room = LIMITS.total_bytes
        for path, file in _walk(folder, "", (), found):
            room -= file.stat().st_size
            if room < 0:
                raise WrongUsage(
                    f"{folder} holds more than {size(LIMITS.total_bytes)}. Leave out data and generated files: what a "
                    ".gitignore names is not sent."
                )
            found.files[path] = file.read_bytes()
        if not found.files:
            raise WrongUsage(f"{folder} holds no file to grade.")
        if history and folder.joinpath(".git").is_dir():
            _add_history(folder / ".git", found)
    except OSError as error:
        raise WrongUsage(f"{error.filename} cannot be read: {error.strerror}.") from error
    return found


def _walk(folder: Path, prefix: str, above: Sequence[Rules], found: Packed) -> Iterator[tuple[str, Path]]:
    rules = [*above, *_rules(folder, prefix)]
    for entry in sorted(os.scandir(folder), key=lambda one: os.fsencode(one.name)):
        name = prefix + entry.name
        is_folder = entry.is_dir(follow_symlinks=False)
        if entry.name == ".git" or left_out(f"{name}/" if is_folder else name):
            continue
        if _ignored(f"{name}/" if is_folder else name, rules):
            found.ignored += 1
        elif is_folder:
            yield from _walk(Path(entry.path), f"{name}/", rules, found)
        elif entry.is_file(follow_symlinks=False):
            yield name, Path(entry.path)
        else:
            found.links += 1


def _rules(folder: Path, prefix: str) -> Iterator[Rules]:
    file = folder / ".gitignore"
    if file.is_file() and not file.is_symlink():
        with file.open("rb") as opened:
            text = opened.read(LONGEST_IGNORE).decode("utf-8", "replace")
        yield prefix, GitIgnoreSpec.from_lines(text.splitlines())


def _ignored(name: str, rules: Sequence[Rules]) -> bool:
    """As git decides: the innermost .gitignore that says anything about it."""
    for prefix, spec in reversed(rules):
        says = spec.check_file(name.removeprefix(prefix)).include
        if says is not None:
            return says
    return False


def _add_history(repository: Path, found: Packed) -> None:
    """Add what makes the history, where it is small enough to be read at all."""
    files: dict[str, bytes] = {}
    room = LIMITS.history_bytes
    for part in HISTORY:
        start = repository / part
        for file in [start] if start.is_file() else sorted(start.rglob("*")):
            if file.is_symlink() or not file.is_file():
                continue
            room -= file.stat().st_size
            if room < 0:
                return
            files[f".git/{file.relative_to(repository).as_posix()}"] = file.read_bytes()
    found.files |= files
    found.history = True
