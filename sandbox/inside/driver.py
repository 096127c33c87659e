"""The driver: one hidden suite, run by pytest in a fresh process, against candidate code on the other side."""

from __future__ import annotations

import base64
import pathlib
import sys
from typing import Any

from . import (
    filesync,
    foreign_text,
    frames,
    imports,
    metaclasses,
    mirror,
    notices,
    patches,
    streams,
    workplace,
)
from .doubled_modules import DoubledModules
from .line import Clock, Line
from .objects import Objects
from .peer import Gone, Peer
from .plain import open_file, os, threading
from .serve import Guard
from .shared_packages import SharedPackages
from .values import BadValue
from .watch import Watch

_DATA_BYTES = 8 * 2**20
_ARGUMENT_DEPTH = 4
_CHAIN = 10
_OF_WHAT_CAME = (Gone, BadValue, MemoryError, RecursionError, UnicodeError, KeyboardInterrupt)
"""What our code, and pytest, run into because of what the candidate's side sent: too much, too deep, no text."""


class DriverHooks:
    """Printed text and files from the candidate; patches, environment and files to it."""

    def __init__(self, tree: str, suite: str) -> None:
        self.objects: Objects
        self.patches = patches.Patches()
        self._modules = DoubledModules(suite)
        self._tree_root = tree
        self._tree = filesync.Tree(tree)
        self._suite = suite
        self._told_tree = False
        self._cwd = os.getcwd()
        self._recursion_limit = sys.getrecursionlimit()
        self._data: dict[str, str] = {}
        self._shipped: set[str] = set()
        self._levels = notices.Levels()
        self._wants_frames = workplace.mentions(suite, frames.SIGNS)
        self.frames: list[tuple[str, str]] = []

    def outgoing(self, extras: dict[str, Any]) -> None:
        """What must be true over there before the call."""
        changes = self._tree.changes()
        if changes:
            if not self._told_tree:
                extras["tree"] = self._tree_root
                self._told_tree = True
            extras["f"] = changes
        self.patches.outgoing(extras, self.objects.values)
        self._modules.outgoing(extras, self.objects.values)
        self._levels.outgoing(extras)
        limit = sys.getrecursionlimit()
        if limit != self._recursion_limit:
            extras["rl"] = self._recursion_limit = limit
        now = os.getcwd()
        if now != self._cwd and now.startswith(self._tree_root):
            extras["cwd"] = now
        self._cwd = now
        if self._data:
            extras["d"], self._data = self._data, {}
        if self._wants_frames:
            extras["s"] = 1

    def incoming(self, extras: dict[str, Any]) -> None:
        """What happened over there."""
        if "f" in extras:
            self._tree.apply(extras["f"])
        if self._wants_frames:
            self.frames = [(str(name), str(file)) for name, file in extras.get("s", ())]
        streams.replay(extras.get("o", ()))
        if "lg" in extras:
            notices.give_records(extras["lg"], self.objects.raised.decode)

    def ship(self, arguments: Any) -> None:
        """A data file beside the tests that is named in a call goes along; test code never does."""
        for argument in arguments:
            if isinstance(argument, (str, pathlib.PurePath)):
                path = os.fspath(argument)
                if isinstance(path, str) and 0 < len(path) < 400 and "\n" not in path and "\0" not in path:
                    self._ship(path)

    def _ship(self, path: str) -> None:
        real = os.path.realpath(path)
        if path in self._shipped or not real.startswith(self._suite + "/"):
            return
        if os.path.isdir(real):
            for name in os.listdir(real):
                self._ship(os.path.join(path, name))
        elif os.path.isfile(real) and not real.endswith((".py", ".pyc", ".ini", ".toml", ".cfg")):
            self._shipped.add(path)
            if os.path.getsize(real) <= _DATA_BYTES:
                with open_file(real, "rb") as file:
                    self._data[path] = base64.b64encode(file.read()).decode()

    def forget(self) -> None:
        """A fresh process knows of nothing."""
        self.patches.forget()
        self._modules.forget()
        self._levels.forget()
        self._recursion_limit = sys.getrecursionlimit()
        self._cwd = self._suite
        self._tree = filesync.Tree(self._tree_root)
        self._told_tree = False
        self._shipped.clear()


class Driver:
    """The trusted end of the bridge, with its candidate process."""

    def __init__(self, line: Line, *, suite: str, tree: str, max_depth: int) -> None:
        self.line = line
        self._suite = suite
        self.hooks = DriverHooks(tree, suite)
        self.peer = Peer(line, self.hooks, "d")
        self.objects = Objects(self.peer, first_id=2, driver=True, max_depth=max_depth)
        self.hooks.objects = self.objects
        guard = Guard(self.objects)
        guard.operations["stdin"] = self._stdin
        guard.operations["warn"] = notices.give_warning
        guard.open_operations |= {"stdin", "warn"}
        self.peer.serve = lambda body: frames.within(self.hooks.frames, lambda: guard.serve(body))
        self.peer.quiet_threads = threading.active_count()
        self.peer.spend = line.clock.spend
        self.lost: Gone | None = None
        self.watch = Watch(line, line.clock.seconds, self._give_up)
        self.reporting = False
        """While pytest describes a failure, it looks at every module; one of a lost process has no attributes then."""
        self.used: list[dict[str, Any]] | None = None
        """What each command used while a workload is measured; None while none is."""
        self._plain_request = self.peer.request
        self.peer.request = self._request  # type: ignore[method-assign]

    def _request(self, *body: Any) -> Any:
        if self.reporting and self.lost is not None:
            raise AttributeError("the process that has it is gone")
        if body[0] in ("call", "meth"):
            self.hooks.ship(body[-2])
        if self.objects.generation:
            self._find_again(body)
        try:
            return self._plain_request(*body)
        except Gone as gone:
            self.lose(gone)
            raise

    def _give_up(self, gone: Gone) -> None:
        """While others may wait for an answer: they learn it, too."""
        self.lose(gone)
        self.peer.lost(gone)

    def lose(self, gone: Gone) -> None:
        """The candidate's process is of no more use; the first reason stays."""
        self.lost = self.lost or gone

    def _find_again(self, value: Any, depth: int = _ARGUMENT_DEPTH) -> None:
        """After a restart, look up what is named in a request before the message is put together."""
        handle = mirror.handle_of(value)
        if handle is not None:
            if handle.born != self.objects.generation:
                self.objects.find_again(handle)
        elif depth and type(value) in (tuple, list, dict):
            for part in (*value, *value.values()) if type(value) is dict else value:
                self._find_again(part, depth - 1)

    @staticmethod
    def _stdin(method: str, size: int) -> str:
        if method not in ("read", "readline"):
            raise AttributeError(method)
        return str(getattr(sys.stdin, method)(size))

    def alive(self) -> None:
        """Have a living candidate process before something new begins.

        Raises:
            Gone: the keeper cannot start one any more.
        """
        if self.lost is None and self.line.gone is None:
            return
        self.line.restart()
        self.peer.renew()
        self.objects.restarted()
        self.hooks.forget()
        self.lost = None

    def is_theirs(self, error: BaseException | None, depth: int = 0) -> bool:
        """Whether an exception, or one that led to it, comes from the candidate's side or from what it sent."""
        if error is None or depth > _CHAIN:
            return False
        if isinstance(error, _OF_WHAT_CAME):
            return True
        if "_where" in getattr(error, "__dict__", {}) or self.objects.home(error) is not None:
            return True
        return self.is_theirs(error.__cause__, depth + 1) or self.is_theirs(error.__context__, depth + 1)

    def install(self, names: set[str], tree: str, shared: SharedPackages) -> None:
        """From now on imports of `names`, and of the candidate's part of shared packages, come from the candidate."""
        sys.meta_path.insert(0, imports.CandidateFinder(names, self.objects, self.alive, shared))
        sys.path_hooks.insert(0, imports.TemporaryImports(tree))
        self.hooks.patches.install()
        if workplace.mentions(self._suite, workplace.SIGNS):
            folder = os.path.join(tree, "w")
            os.makedirs(folder)
            workplace.furnish(folder, self._suite)
            os.chdir(folder)
        metaclasses.install_enum_checks()
        metaclasses.install_json()
        foreign_text.guard_hints()
        if workplace.mentions(self._suite, (b"doctest",)):
            foreign_text.guard_doctest()
        if workplace.mentions(self._suite, (b"eval(", b"exec(")):
            guard = foreign_text.ForeignText(self._suite)
            self.objects.values.on_text = guard.remember
            guard.install()


def open_driver(read_fd: int, write_fd: int, *, suite: str, tree: str, limits: dict[str, Any]) -> Driver:
    """A driver on the two ends of the line to the host."""
    line = Line(read_fd, write_fd, Clock(float(limits["test_seconds"]), float(limits["suite_seconds"])))
    return Driver(line, suite=suite, tree=tree, max_depth=int(limits["value_depth"]))
