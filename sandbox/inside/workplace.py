"""The working folder that a hidden suite and the candidate's code share, where the suite works with files by name.

In one process, tests and code see the same current folder: a test writes `in.txt`, the code writes `out.txt`, the
test reads it. For suites that touch files, both sides work in a folder of the temporary tree, which is kept equal.
It starts with the data files that lie beside the tests and, on the candidate's side, with those of the submission.
"""

from __future__ import annotations

import os
import shutil
from collections.abc import Iterator

SIGNS = (b"open(", b"Path(", b"os.", b"tempfile", b"shutil", b"sqlite3", b"chdir", b"json.load", b"csv.")
"""What a suite that works with files has in its text."""

_NO_DATA = (".py", ".pyc", ".ini", ".toml", ".cfg")
_MOST_FILES = 500
_MOST_BYTES = 8 * 2**20


def mentions(suite: str, signs: tuple[bytes, ...]) -> bool:
    """Whether any Python file of the suite has one of `signs` in its text."""
    for path in _files(suite):
        if path.endswith(".py"):
            with open(os.path.join(suite, path), "rb") as file:
                source = file.read()
            if any(sign in source for sign in signs):
                return True
    return False


def furnish(folder: str, source: str) -> None:
    """Copy the data files below `source` into `folder`, as long as they are not too many; never over another."""
    room = _MOST_BYTES
    for number, path in enumerate(_files(source)):
        if path.endswith(_NO_DATA) or os.path.exists(os.path.join(folder, path)):
            continue
        room -= os.path.getsize(os.path.join(source, path))
        if room < 0 or number > _MOST_FILES:
            return
        os.makedirs(os.path.dirname(os.path.join(folder, path)), exist_ok=True)
        shutil.copyfile(os.path.join(source, path), os.path.join(folder, path))


def _files(root: str) -> Iterator[str]:
    for at, folders, names in os.walk(root):
        folders[:] = sorted(name for name in folders if name not in ("__pycache__", ".git"))
        for name in sorted(names):
            path = os.path.join(at, name)
            if os.path.isfile(path) and not os.path.islink(path):
                yield os.path.relpath(path, root)
