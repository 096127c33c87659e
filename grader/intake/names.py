"""Names of submitted files: which are safe, which are left out, what kind of file they promise.

A name comes from a stranger. It ends up as a path in a container, as an argument of tools, in reports, logs
and terminals, so anything that one of these could read in a second way is refused.
"""

from __future__ import annotations

import re
import unicodedata
from typing import Final, Literal

from grader.intake.limits import IntakeLimits

Kind = Literal["source", "test", "doc", "config", "data"]

SHOWN_CHARACTERS: Final = 120

_UNSEEN: Final = frozenset({"Cc", "Cf", "Cs", "Zl", "Zp"})
"""Unicode categories that print nothing or reorder what is printed: control, format, surrogate, separators."""

_LEFT_OUT_FOLDERS: Final = {
    ".git": "version control data",
    ".hg": "version control data",
    ".svn": "version control data",
    ".bzr": "version control data",
    "__pycache__": "compiled Python",
    ".venv": "a virtual environment",
    "venv": "a virtual environment",
    ".tox": "a virtual environment",
    ".nox": "a virtual environment",
    "node_modules": "installed packages",
    "site-packages": "installed packages",
    ".eggs": "installed packages",
    "__macosx": "macOS metadata",
    ".mypy_cache": "a cache",
    ".ruff_cache": "a cache",
    ".pytest_cache": "a cache",
    ".hypothesis": "a cache",
    ".ipynb_checkpoints": "a cache",
    ".idea": "editor settings",
    ".vscode": "editor settings",
}
_LEFT_OUT_FILES: Final = {
    ".ds_store": "macOS metadata",
    "thumbs.db": "Windows metadata",
    "desktop.ini": "Windows metadata",
    ".coverage": "a measurement",
}
_LEFT_OUT_ENDINGS: Final = {
    ".pyc": "compiled Python",
    ".pyo": "compiled Python",
    ".so": "compiled code",
    ".pyd": "compiled code",
    ".dll": "compiled code",
    ".dylib": "compiled code",
    ".egg-info": "package metadata",
    ".dist-info": "package metadata",
}
_CONFIG_NAMES: Final = frozenset({"makefile", "dockerfile", "pipfile", "procfile", "justfile", "pytest.ini"})
_CONFIG_ENDINGS: Final = (".toml", ".cfg", ".ini", ".yaml", ".yml", ".lock", ".conf", ".env")
_DOC_ENDINGS: Final = (".md", ".rst", ".adoc", ".pdf", ".html")
_DOC_NAMES: Final = (
    "readme",
    "license",
    "licence",
    "changelog",
    "notes",
    "contributing",
    "authors",
    "copying",
)


class UnsafeName(Exception):
    """A name that is not taken over. The message is the reason."""


def printable(text: str) -> str:
    """The text with every unseen character (line ends too) spelled out."""
    return "".join(f"<U+{ord(c):04X}>" if unicodedata.category(c) in _UNSEEN else c for c in text)


def visible(name: str) -> str:
    """The name in printable form, cut at SHOWN_CHARACTERS."""
    shown = printable(name[:SHOWN_CHARACTERS])
    return shown if len(name) <= SHOWN_CHARACTERS else f"{shown}… ({len(name):,} characters)"


def clean(name: str, limits: IntakeLimits) -> str:
    """The relative POSIX path that `name` stands for, in Unicode form NFC (macOS sends NFD).

    Raises:
        UnsafeName: the name could mean something else somewhere.
    """
    if not name:
        raise UnsafeName("it has no name")
    if any(unicodedata.category(c) in _UNSEEN for c in name):
        unseen = next(c for c in name if unicodedata.category(c) in _UNSEEN)
        raise UnsafeName(f"its name holds the unprintable character U+{ord(unseen):04X}")
    if "\\" in name:
        raise UnsafeName("its name holds a backslash; folders are separated by /")
    if name.startswith("/") or re.match(r"[A-Za-z]:", name):
        raise UnsafeName("its name is an absolute path")
    parts = [part for part in unicodedata.normalize("NFC", name).split("/") if part not in {"", "."}]
    if not parts:
        raise UnsafeName("its name names the top folder itself")
    for part in parts:
        _check_part(part, limits)
    path = "/".join(parts)
    if len(parts) > limits.depth:
        raise UnsafeName(f"it lies more than {limits.depth} folders deep")
    if len(path.encode()) > limits.path_bytes:
        raise UnsafeName(f"its path is longer than {limits.path_bytes} bytes")
    return path


def _check_part(part: str, limits: IntakeLimits) -> None:
    if part == "..":
        raise UnsafeName("its name climbs out of the submission with ..")
    if part.startswith(("-", "@")):
        raise UnsafeName("its name starts like a command-line option")
    if "::" in part:
        raise UnsafeName("its name holds ::, which separates a file from a test")
    if part != part.strip() or part.endswith("."):
        raise UnsafeName("its name starts or ends with a space, or ends with a dot")
    if len(part.encode()) > limits.part_bytes:
        raise UnsafeName(f"its name is longer than {limits.part_bytes} bytes")


def collision_key(path: str) -> str:
    """Equal for two paths that some file system takes for one: letter case and Unicode forms are folded."""
    return unicodedata.normalize("NFKC", unicodedata.normalize("NFKC", path).casefold())


def left_out(path: str) -> tuple[str, str] | None:
    """(the folder or file that is not graded, why), for a clean `path`; None when it is graded."""
    parts = path.split("/")
    for depth, part in enumerate(parts, start=1):
        reason = _left_out_part(part.casefold(), is_last=depth == len(parts))
        if reason:
            return "/".join(parts[:depth]) + ("" if depth == len(parts) else "/"), reason
    return None


def _left_out_part(part: str, *, is_last: bool) -> str | None:
    if part in _LEFT_OUT_FOLDERS:
        return _LEFT_OUT_FOLDERS[part]
    if is_last and part in _LEFT_OUT_FILES:
        return _LEFT_OUT_FILES[part]
    if is_last and part.startswith("._"):
        return "macOS metadata"
    return next((reason for ending, reason in _LEFT_OUT_ENDINGS.items() if part.endswith(ending)), None)


def kind_of(path: str) -> Kind:
    """What the file at a clean path is, judged by its name alone."""
    *folders, name = path.casefold().split("/")
    if name.endswith((".py", ".pyi")):
        in_tests = any(folder in {"test", "tests"} for folder in folders)
        named = name.startswith("test_") or name.endswith("_test.py") or name in {"conftest.py", "tests.py"}
        return "test" if named or in_tests else "source"
    if name.startswith("requirements") and name.endswith((".txt", ".in")):
        return "config"
    if name.endswith(_DOC_ENDINGS) or name.partition(".")[0] in _DOC_NAMES:
        return "doc"
    if name in _CONFIG_NAMES or name.endswith(_CONFIG_ENDINGS) or name.startswith("."):
        return "config"
    return "data"
