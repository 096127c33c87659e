"""The process that executes the candidate's code for a hidden suite: serves the driver's calls."""

from __future__ import annotations

import base64
import importlib
import os
import random
import socket
import sys
import tempfile
import threading
from collections.abc import Callable
from typing import Any

from . import filesync, mirror, notices, streams, wire, workplace
from .doubled_modules import ReplacedModules
from .objects import Objects
from .peer import MAIN, Gone, Peer
from .serve import Server
from .values import BadValue

_FRAMES = 20


class SocketTransport:
    """CALL payloads on a stream socket to the keeper."""

    def __init__(self, sock: socket.socket) -> None:
        self._sock = sock

    def send(self, payload: bytes) -> None:
        """Send one message."""
        try:
            data = wire.frame(wire.CALL, payload)
        except wire.FrameError as error:
            raise BadValue(str(error)) from error
        self._sock.sendall(data)

    def receive(self, waiting: Callable[[], bool] | None = None) -> bytes:  # noqa: ARG002 -- no limit here
        """The next message. Raises: Gone at the end of the stream."""
        try:
            found = wire.read_frame(self._sock.recv)
        except (OSError, wire.FrameError) as error:
            raise Gone("closed", str(error)) from error
        if found is None:
            raise Gone("closed", "the keeper closed the line")
        return found[1]


class CandidateHooks:
    """Printed text and temporary files to the driver; patches, environment and files from it."""

    def __init__(self, output_bytes: int, root: str) -> None:
        self.output = streams.Output(output_bytes)
        self._notices = notices.Notices(output_bytes)
        self._tree: filesync.Tree | None = None
        self._originals: dict[tuple[str, str], Any] = {}
        self._modules = ReplacedModules()
        self._root = root
        self._tell_frames = False
        self.objects: Objects

    def outgoing(self, extras: dict[str, Any]) -> None:
        """Ride on a message to the driver."""
        self.output.outgoing(extras)
        self._notices.outgoing(extras, self.objects.raised.encode)
        if self._tree is not None:
            changes = self._tree.changes()
            if changes:
                extras["f"] = changes
        if self._tell_frames:
            frames = _own_frames(self._root)
            if frames:
                extras["s"] = frames

    def incoming(self, extras: dict[str, Any]) -> None:
        """Take over what the driver says before it asks."""
        if "tree" in extras:
            self._tree = filesync.Tree(extras["tree"])
            os.makedirs(extras["tree"], exist_ok=True)
            os.environ["TMPDIR"] = tempfile.tempdir = extras[
                "tree"
            ]  # a test may open what the code put there
        if "f" in extras and self._tree is not None:
            self._tree.apply(extras["f"])
        for path, content in extras.get("d", {}).items():
            _put(path, base64.b64decode(content))
        if "cwd" in extras:
            os.makedirs(extras["cwd"], exist_ok=True)
            os.chdir(extras["cwd"])
            if self._tree is not None and extras["cwd"] == f"{self._tree.root}/w":
                workplace.furnish(extras["cwd"], self._root)
                self._tree.note()
        self._tell_frames = self._tell_frames or "s" in extras
        for name, value in extras.get("e", {}).items():
            if value is None:
                os.environ.pop(name, None)
            else:
                os.environ[name] = value
        notices.set_levels(extras.get("lv", ()))
        if "rl" in extras:
            sys.setrecursionlimit(extras["rl"])
        if "rs" in extras:
            random.seed(*extras["rs"])
        self._modules.incoming(extras.get("sm", ()), self.objects.values)
        for module, name, *value in extras.get("w", ()):
            self._patch(module, name, value)

    def _patch(self, module: str, name: str, value: list[Any]) -> None:
        """Mirror what a test replaced in the standard library, or put the original back."""
        target: Any = importlib.import_module(module.partition(":")[0])
        for part in module.partition(":")[2].split("."):
            target = getattr(target, part) if part else target
        key = (module, name)
        if value:
            self._originals.setdefault(key, getattr(target, name, None))
            setattr(target, name, self.objects.values.decode(value[0]))
        elif key in self._originals:
            setattr(target, name, self._originals.pop(key))


def _own_frames(root: str) -> list[list[str]]:
    """[function, file] of the submission's code that is running in this thread, outermost first."""
    found: list[list[str]] = []
    frame = sys._getframe(1)
    at: Any = frame
    while at is not None and len(found) < _FRAMES:
        code = at.f_code
        if code.co_filename.startswith(root + "/"):
            found.append([code.co_name, code.co_filename[len(root) + 1 :]])
        at = at.f_back
    found.reverse()
    return found


def _put(path: str, content: bytes) -> None:
    if os.path.exists(path) and not os.path.isabs(path):
        return
    folder = os.path.dirname(path)
    if folder:
        os.makedirs(folder, exist_ok=True)
    with open(path, "wb") as file:
        file.write(content)


class CandidateServer(Server):
    """What only the driver may ask: import, look up by name, derive a class."""

    def __init__(self, objects: Objects) -> None:
        super().__init__(objects)
        self.operations.update(
            {
                "import": self._import,
                "names": _names,
                "reload": self._reload,
                "resolve": self._resolve,
                "subclass": self._subclass,
            }
        )

    def _import(self, name: str, fresh: bool) -> Any:  # noqa: FBT001 -- crosses the bridge by position
        if fresh:
            sys.modules.pop(name, None)
        module = importlib.import_module(name)
        return (self._number(module), hasattr(module, "__path__"), getattr(module, "__doc__", None))

    def _number(self, obj: Any) -> int:
        return self._objects.number(obj)

    def _reload(self, name: str) -> None:
        importlib.reload(sys.modules[name])

    def _resolve(self, module: str, path: str) -> Any:
        found: Any = importlib.import_module(module)
        for part in path.split(".") if path else ():
            found = getattr(found, part)
        return found

    def _subclass(self, name: str, bases: list[type], body: dict[str, Any], kwargs: dict[str, Any]) -> int:
        namespace = {key: _method_of(value) for key, value in body.items()}
        made = type(bases[0])(name, tuple(bases), namespace, **kwargs)
        return self._number(made)


def _method_of(value: Any) -> Any:
    """A function of the test, usable as a method of a class over here."""
    if type(value) is not mirror.RemoteFunction:
        return value

    def method(self: Any, *args: Any, **kwargs: Any) -> Any:
        return value(self, *args, **kwargs)

    method.__name__ = value.__name__
    return method


def _names(module: Any) -> list[str]:
    """What `from module import *` takes."""
    listed = getattr(module, "__all__", None)
    names = (
        list(listed) if listed is not None else [name for name in vars(module) if not name.startswith("_")]
    )
    return [str(name) for name in names]


def serve(sock: socket.socket, root: str, *, output_bytes: int, max_depth: int) -> None:
    """Serve the driver's calls from the submission in `root` until the line closes."""
    hooks = CandidateHooks(output_bytes, root)
    peer = Peer(SocketTransport(sock), hooks, "c")
    objects = Objects(peer, first_id=1, driver=False, max_depth=max_depth)
    objects.raised.root = root
    hooks.objects = objects
    peer.serve = CandidateServer(objects).serve
    peer.quiet_threads = threading.active_count()
    sys.path.insert(0, root)
    os.chdir(root)
    sys.argv = ["candidate"]
    sys.stdout = sys.__stdout__ = streams.Printer(hooks.output, "o")  # type: ignore[misc,assignment]
    sys.stderr = sys.__stderr__ = streams.Printer(hooks.output, "e")  # type: ignore[misc,assignment]
    sys.stdin = sys.__stdin__ = streams.DriverInput(peer)  # type: ignore[misc,assignment]
    hooks.output.capture_descriptors()
    notices.forward_warnings(peer)
    try:
        peer.serve_forever(MAIN)
    except Gone:
        return
