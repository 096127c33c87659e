"""Process 1 of every container: `python -I -m _inside.keeper ROLE [ROOT]`.

Speaks frames on its standard streams. Not dumpable, so that the candidate's processes, which have the same user,
can neither read its memory nor its descriptors; being process 1, it cannot be killed from inside.
"""

from __future__ import annotations

import gc
import importlib
import json
import os
import platform
import shutil
import signal
import sys
from importlib import metadata
from typing import Any

from . import wire
from .process import set_dumpable

_WARM = {
    "candidate": (
        f"{__package__}.candidate",
        "coverage",
        "coverage.python",
        "unittest.mock",
        "asyncio",
        "runpy",
        "difflib",
    ),
    "grading": (
        "unittest.mock",
        "asyncio",
        "difflib",
        f"{__package__}.driver",
        f"{__package__}.explanations",
        f"{__package__}.local_services",
        f"{__package__}.suite_plugin",
        f"{__package__}.workloads",
    ),
    "reading": (),
}
_VERSIONS = (
    "pytest",
    "coverage",
    "ruff",
    "radon",
    "fastapi",
    "flask",
    "django",
    "sqlalchemy",
    "pandas",
    "polars",
)


class Stream:
    """Frames to and from the host, blocking."""

    def __init__(self, read_fd: int, write_fd: int) -> None:
        self.read_fd = read_fd
        self.write_fd = write_fd

    def write(self, kind: int, payload: bytes) -> None:
        """Send one frame whole."""
        data = memoryview(wire.frame(kind, payload))
        while data:
            data = data[os.write(self.write_fd, data) :]

    def say(self, message: dict[str, Any]) -> None:
        """Send a CONTROL message to the host, cut to what a frame holds by whoever made it."""
        self.write(wire.CONTROL, json.dumps(message).encode())

    def read(self) -> tuple[int, bytes] | None:
        """The next frame, None at the end of the stream."""
        return wire.read_frame(lambda count: os.read(self.read_fd, min(count, 1 << 18)))

    def upload(self, size: int) -> dict[str, bytes]:
        """The files of an upload of `size` bytes.

        Raises:
            wire.FrameError: something else came.
        """
        data = bytearray()
        while len(data) < size:
            found = self.read()
            if found is None or found[0] != wire.UPLOAD:
                raise wire.FrameError("an upload was announced and did not come")
            data += found[1]
        return wire.unpack_files(bytes(data))


def write_files(root: str, files: dict[str, bytes]) -> None:
    """Write an upload below `root`, which must not exist. The names were checked by the host; check again.

    Raises:
        ValueError: a name that leads out of `root`.
    """
    os.makedirs(root)
    made = {root}
    for path, content in files.items():
        if path.startswith("/") or "\0" in path or any(part in ("", ".", "..") for part in path.split("/")):
            raise ValueError(f"a file name that leads out of the folder: {path!r:.100}")
        target = f"{root}/{path}"
        folder = os.path.dirname(target)
        if folder not in made:
            os.makedirs(folder, exist_ok=True)
            made.add(folder)
        descriptor = os.open(target, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW, 0o644)
        with open(descriptor, "wb") as file:
            file.write(content)


def versions() -> dict[str, str]:
    """What the image holds."""
    found = {"python": platform.python_version()}
    for name in _VERSIONS:
        try:
            found[name] = metadata.version(name)
        except metadata.PackageNotFoundError:
            continue
    return found


def warm(names: tuple[str, ...]) -> None:
    """Import what the forked processes will need. What the image does not hold is not needed."""
    for name in names:
        try:
            importlib.import_module(name)
        except ModuleNotFoundError:
            continue


def preload() -> tuple[str, ...]:
    """What the image says is worth importing ahead in this environment; nothing where it does not say."""
    facts = os.path.join(os.path.dirname(os.path.dirname(__file__)), "_environment.json")
    try:
        with open(facts) as file:
            return tuple(json.load(file)["preload"])
    except FileNotFoundError:
        return ()


_REHEARSAL = """
import unittest

import pytest

@pytest.mark.parametrize("x", [1])
def test_one(x, tmp_path, capsys, monkeypatch):
    assert x == 1
"""


def rehearse(folder: str) -> None:
    """Run a session of one test in this process, so that all that pytest loads on its way is loaded before a fork."""
    from . import sessions

    os.makedirs(folder)
    path = f"{folder}/test_rehearsal.py"
    with open(path, "w") as file:
        file.write(_REHEARSAL)
    sessions.Prepared().run(["--basetemp", f"{folder}/t", "--rootdir", folder, path], [])
    sys.modules.pop("test_rehearsal", None)
    if folder in sys.path:
        sys.path.remove(folder)
    shutil.rmtree(folder)


def quiet_output() -> None:
    """Frames have descriptors of their own: whatever else is printed in here must never get among them."""
    null = os.open(os.devnull, os.O_RDWR)
    os.dup2(null, 0)
    os.dup2(null, 1)
    os.close(null)


def main() -> None:
    """Run the keeper of a role until the host closes the stream."""
    role = sys.argv[1]
    root = sys.argv[2] if len(sys.argv) > 2 else "/tmp"
    set_dumpable(False)
    stream = Stream(os.dup(0), os.dup(1))
    quiet_output()
    os.environ.update(PYTEST_DISABLE_PLUGIN_AUTOLOAD="1", PYTHONDONTWRITEBYTECODE="1")
    sys.dont_write_bytecode = role != "grading"  # a seat compiles its trusted suite once
    gc.disable()  # modules stay: looking for garbage while they load finds nothing
    keeper = _keeper(role, stream, root)
    warm(_WARM[role] + (preload() if role != "reading" else ()))
    if role != "reading":
        rehearse(f"{root}/rehearsal")
    keeper.prepare()
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # the one signal for which Python gives process 1 a handler
    gc.collect()
    gc.freeze()  # what is here now is here in every fork: no need to look at it again, nor to copy its pages
    gc.enable()
    stream.say(
        {
            "event": "ready",
            "versions": versions() if role == "reading" else {"python": platform.python_version()},
        }
    )
    keeper.serve()


def _keeper(role: str, stream: Stream, root: str) -> Any:
    if role == "candidate":
        from .candidate_keeper import CandidateKeeper

        return CandidateKeeper(stream, root)
    if role == "grading":
        from .grading_keeper import GradingKeeper

        return GradingKeeper(stream, root)
    from .reading_keeper import ReadingKeeper

    return ReadingKeeper(stream, root)


if __name__ == "__main__":
    main()
