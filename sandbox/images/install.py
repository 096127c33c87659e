"""Runs once, as root, on the Python of an image that is being built: puts what was brought into its place.

Arguments: `environment` or `programs`, then names of distributions whose versions to print (JSON, last line).
Standard library only, and in one file: it is given to `python -c`.
"""

from __future__ import annotations

import compileall
import json
import os
import platform
import py_compile
import shutil
import stat
import sys
import sysconfig
from importlib.metadata import version
from pathlib import Path

BROUGHT = Path("/brought")
COMMANDS = Path("/usr/local/bin")
UNWANTED = (
    # package managers, and the languages they are written in
    "usr/bin/apt*", "usr/bin/debconf*", "usr/bin/deb-*", "usr/bin/dpkg*", "usr/sbin/dpkg*", "usr/bin/perl*",
    "usr/bin/update-alternatives", "usr/bin/py3*", "usr/bin/pygettext*", "usr/bin/mawk", "usr/bin/tar",
    "usr/lib/apt", "usr/lib/dpkg", "usr/lib/*/perl*", "usr/lib/*/libapt*", "usr/lib/*/libperl*",
    "usr/lib/python3", "usr/share/perl*", "usr/share/python3", "usr/share/debconf", "usr/share/dpkg",
    "usr/local/bin/pip*", "usr/local/bin/idle*", "usr/local/lib/python3.13/site-packages/pip*",
    "etc/apt", "etc/dpkg", "var/lib/apt", "var/lib/dpkg", "var/cache/*", "var/log/*",
    # what only people read
    "usr/share/doc", "usr/share/man", "usr/share/info", "usr/share/locale", "usr/share/lintian",
    "usr/share/bash-completion", "usr/share/common-licenses", "usr/share/pixmaps",
    # parts of the standard library that no program needs
    "usr/lib/python3.13/ensurepip", "usr/local/lib/python3.13/ensurepip",
    "usr/local/lib/python3.13/idlelib", "usr/local/lib/python3.13/turtledemo", "usr/local/lib/python3.13/test",
)  # fmt: skip


def main(step: str, names: list[str]) -> None:
    site = Path(sysconfig.get_path("purelib"))
    if step == "environment":
        _strip()
        _link_python()
    brought = _place(BROUGHT / "packages", site)
    for command in _place(BROUGHT / "bin", COMMANDS):
        command.chmod(0o755)
    shutil.rmtree(BROUGHT)
    if step == "environment":
        _drop_start_hooks(site)
        _drop_setuid()
        stdlib = Path(sysconfig.get_path("stdlib"))
        brought = [stdlib] if site.is_relative_to(stdlib) else [stdlib, site]
    _compile(brought)
    sys.path.append(str(site))  # at our start it did not exist, so Python left it out
    print(json.dumps({"python": platform.python_version(), **{name: version(name) for name in names}}))


def _strip() -> None:
    for pattern in UNWANTED:
        for path in Path("/").glob(pattern):
            if path.is_dir() and not path.is_symlink():
                shutil.rmtree(path)
            else:
                path.unlink()


def _link_python() -> None:
    """`python` exists as a command, at the same place whatever the bottom of the image is."""
    COMMANDS.mkdir(parents=True, exist_ok=True)
    for name in ("python", "python3"):
        if not (COMMANDS / name).exists():
            (COMMANDS / name).symlink_to(os.path.realpath(sys.executable))


def _place(source: Path, target: Path) -> list[Path]:
    """Move everything in `source` into `target`, in the place of what was there."""
    placed = []
    target.mkdir(parents=True, exist_ok=True)
    for entry in sorted(source.iterdir()) if source.exists() else []:
        place = target / entry.name
        if place.is_dir():
            shutil.rmtree(place)
        entry.rename(place)
        placed.append(place)
    return placed


def _drop_start_hooks(site: Path) -> None:
    """Packages may not run code at the start of every Python (coverage brings such a file)."""
    for path in site.glob("*.pth"):
        path.unlink()


def _drop_setuid() -> None:
    for folder in ("/usr", "/opt", "/var"):
        for path in Path(folder).rglob("*"):
            mode = path.lstat().st_mode
            if stat.S_ISREG(mode) and mode & (stat.S_ISUID | stat.S_ISGID):
                path.chmod(stat.S_IMODE(mode) & 0o777)


def _compile(places: list[Path]) -> None:
    """Byte code that is never checked against its source: the root is read-only, and start-up is what counts."""
    mode = py_compile.PycInvalidationMode.UNCHECKED_HASH
    for place in places:
        compileall.compile_dir(str(place), quiet=2, force=True, invalidation_mode=mode, workers=0)


if __name__ == "__main__":
    main(sys.argv[1], sys.argv[2:])
