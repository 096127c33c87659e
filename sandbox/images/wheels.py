"""Fetches an environment's wheels on the host and unpacks them for the image's Python.

Wheels only: unpacking runs nothing of theirs. The lock holds versions and hashes and no registry's name; the
registry is the one that uv is configured for (UV_DEFAULT_INDEX, or PyPI).
"""

from __future__ import annotations

import configparser
import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Final

import uv

from sandbox.errors import BuildFailed
from sandbox.images.environments import PYTHON

PLATFORM: Final = "manylinux_2_40"
"""Newest C library that both bottoms of the image have (Debian trixie: 2.41)."""
FETCH_SECONDS: Final = 1200
NOT_INSTALLED: Final = ("pandas/tests", "numpy/**/tests")
"""Packages' own test suites: half of the files of `data`, and nobody imports them."""
_LAUNCHER: Final = """#!/usr/local/bin/python
import sys
from {module} import {head}
sys.exit({call}())
"""


def fetch(lock: Path, folder: Path, architecture: str) -> None:
    """Unpack the wheels of `lock` into the empty `folder`, for Linux on `architecture` (x86_64, aarch64).

    Raises:
        BuildFailed: a wheel could not be fetched, or has another hash than the lock says.
    """
    command = [
        uv.find_uv_bin(), "pip", "install", "--quiet", "--no-config",
        "--target", str(folder), "--python", sys.executable,
        "--python-version", PYTHON, "--python-platform", f"{architecture}-{PLATFORM}",
        "--only-binary", ":all:", "--require-hashes", "--no-deps", "--link-mode", "copy",
        "--requirement", str(lock),
    ]  # fmt: skip
    try:
        ended = subprocess.run(command, capture_output=True, text=True, timeout=FETCH_SECONDS, check=False)
    except subprocess.TimeoutExpired as error:
        raise BuildFailed(f"fetching the packages of {lock.name} took over {FETCH_SECONDS} s") from error
    if ended.returncode:
        raise BuildFailed(f"uv could not fetch the packages of {lock.name}:\n{ended.stderr.strip()[-2000:]}")
    for pattern in NOT_INSTALLED:
        for path in folder.glob(pattern):
            shutil.rmtree(path)


def commands(folder: Path) -> dict[str, bytes]:
    """The commands that the packages in `folder` define (name → program), started by the image's Python.

    Those that the installer wrote point at the host's Python. Commands that are no Python (ruff) stay as they are.
    """
    programs: dict[str, bytes] = {}
    for path in sorted((folder / "bin").iterdir()):
        with path.open("rb") as file:
            if file.read(2) != b"#!":
                programs[path.name] = path.read_bytes()
    for name, target in _entry_points(folder):
        module, _, call = target.partition(":")
        head = call.partition(".")[0]
        programs[name] = _LAUNCHER.format(module=module, head=head, call=call).encode()
    return programs


def _entry_points(folder: Path) -> Iterator[tuple[str, str]]:
    for path in sorted(folder.glob("*.dist-info/entry_points.txt")):
        parser = configparser.ConfigParser(delimiters=("=",), interpolation=None)
        parser.optionxform = str  # type: ignore[assignment,method-assign]  # names keep their case
        parser.read_string(path.read_text(encoding="utf-8"))
        if parser.has_section("console_scripts"):
            for name, target in parser.items("console_scripts"):
                yield name, target.partition("[")[0].strip()
