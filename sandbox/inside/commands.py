"""Runs commands of the candidate's for hidden tests: exit code, output, written files, time and peak memory.

A small process, forked before anything heavy is imported, forks a runner for each: the peak memory that the kernel
reports for a command includes that of the process it was forked from, so neither ever holds the data. Both are not
dumpable: a command could otherwise write its own measurements into their sockets.
"""

from __future__ import annotations

import base64
import functools
import json
import os
import runpy
import shutil
import signal
import socket
import subprocess
import sys
import time
from typing import Any

from .accounts import Meter, Seen
from .awaiting import Streams, TimeLimit
from .careful import open_regular
from .child import most_waited
from .process import (
    become_candidate,
    close_all_but,
    kill_group,
    out_of_memory_kills,
    quiet_streams,
    reap,
    run_and_exit,
    set_dumpable,
)

_LENGTH = 4
_MAX_MESSAGE = 64 * 2**20
_ANSWER_SECONDS = 5.0
_MAX_FILES = 200
_MAX_FILE_BYTES = 4 * 2**20


class Commands:
    """The small process that runs commands, seen from the keeper."""

    def __init__(self, root: str) -> None:
        """Fork it.

        Raises:
            OSError: the box has no room for another process.
        """
        self._sock, theirs = socket.socketpair()
        self.asked = False
        self.pid = os.fork()
        if self.pid == 0:
            close_all_but({theirs.fileno()})
            quiet_streams()
            os.setsid()
            set_dumpable(False)
            run_and_exit(lambda: _serve(theirs, root))
        theirs.close()
        # a runner that is stopped or ended in the middle of its answer must not keep the keeper waiting for the rest
        self._sock.settimeout(_ANSWER_SECONDS)

    def fileno(self) -> int:
        """For poll."""
        return self._sock.fileno()

    def ask(self, message: dict[str, Any]) -> None:
        """Send one request.

        Raises:
            OSError: the process is gone.
        """
        self.asked = True
        _send(self._sock, message)

    def answer(self) -> dict[str, Any] | None:
        """One answer; None when the process is gone."""
        try:
            found = _receive(self._sock)
        except (OSError, ValueError):
            return None
        self.asked = False if found is not None else self.asked
        return found

    def starved(self) -> float:
        """Seconds for which what runs now may have wanted a processor."""
        return most_waited() if self.asked else 0.0

    def close(self) -> None:
        """End it."""
        self._sock.close()
        kill_group(self.pid)
        os.waitpid(self.pid, 0)


def _send(sock: socket.socket, message: dict[str, Any]) -> None:
    data = json.dumps(message).encode()
    sock.sendall(len(data).to_bytes(_LENGTH, "big") + data)


def _receive(sock: socket.socket) -> dict[str, Any] | None:
    header = _exactly(sock, _LENGTH)
    if header is None:
        return None
    size = int.from_bytes(header, "big")
    if size > _MAX_MESSAGE:
        raise ValueError("a message over the limit")
    data = _exactly(sock, size)
    if data is None:
        return None
    message: dict[str, Any] = json.loads(data)
    return message


def _exactly(sock: socket.socket, count: int) -> bytes | None:
    data = bytearray()
    while len(data) < count:
        part = sock.recv(min(count - len(data), 1 << 20))
        if not part:
            return None
        data += part
    return bytes(data)


def _serve(sock: socket.socket, root: str) -> None:
    number = 0
    while True:
        request = _receive(sock)
        if request is None:
            return
        number += 1
        folder = f"{root}/run{number}"
        try:
            runner = os.fork()
        except OSError as error:
            _send(sock, {"event": "ran", "error": f"no process could be started: {error.strerror}"})
            continue
        if runner == 0:
            run_and_exit(functools.partial(_run_and_send, sock, request, root, folder))
        _, status = os.waitpid(runner, 0)
        shutil.rmtree(folder, ignore_errors=True)
        if status != 0:
            _send(
                sock,
                {"event": "ran", "error": "the process that ran the command was ended from inside the box"},
            )


def _run_and_send(sock: socket.socket, request: dict[str, Any], root: str, folder: str) -> None:
    try:
        result = _run(request, root, folder)
    except OSError as error:
        result = {"event": "ran", "error": f"{type(error).__name__}: {error}"}
    _send(sock, result)


def stage(root: str, message: dict[str, Any]) -> None:
    """Keep a piece of a file, or of standard input, for the next command.

    Raises:
        OSError: the box's disk is full.
        ValueError: a path that leads out of the folder.
    """
    path = str(message["path"])
    if path.startswith("/") or any(part in ("", ".", "..") for part in path.split("/")):
        raise ValueError(f"a file name that leads out of the folder: {path!r:.100}")
    target = f"{root}/stage/{path}"
    os.makedirs(os.path.dirname(target), exist_ok=True)
    with open_regular(target, os.O_WRONLY | os.O_CREAT | os.O_APPEND, "ab") as file:
        file.write(base64.b64decode(message["data"]))


def environment(extra: dict[str, str]) -> dict[str, str]:
    """What commands of the candidate's find in their environment."""
    return {
        "PATH": "/usr/local/bin:/usr/bin:/bin",
        "HOME": "/tmp",
        "LANG": "C.UTF-8",
        "PYTHONDONTWRITEBYTECODE": "1",
        **extra,
    }


def _run(request: dict[str, Any], root: str, folder: str) -> dict[str, Any]:
    shutil.copytree(f"{root}/submission", folder, symlinks=True)
    _place(f"{root}/stage/files", folder)
    before = _marks(folder)
    kills = out_of_memory_kills()
    argv = [str(part) for part in request["argv"]]
    if argv[0] in ("python", "python3"):
        argv[0] = sys.executable or argv[0]
    meter = Meter(lambda: 0.0, root) if request["measure"] else None
    start = time.monotonic()
    with open_regular(f"{root}/stage/stdin") if request["stdin"] else open(os.devnull, "rb") as stdin:
        process = subprocess.Popen(
            argv,
            cwd=folder,
            env=environment({str(k): str(v) for k, v in request.get("env", {}).items()}),
            stdin=stdin,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            preexec_fn=lambda: become_candidate(256),  # noqa: PLW1509 -- a process of one thread
        )
    seen = Seen(process.pid)
    streams = Streams(process, int(request["output_bytes"]), (meter or seen).look)
    time_limit = TimeLimit(process.pid, float(request["seconds"]))
    timed_out = not streams.pump(time_limit)
    if timed_out:
        kill_group(process.pid)
    waited = time_limit.starved.seconds()
    status, usage = reap(process.pid)
    wall = time.monotonic() - start
    measured = meter.read() if meter else (0.0, 0)
    kill_group(process.pid)
    process.returncode = os.waitstatus_to_exitcode(status)
    written = _written(folder, before)
    shutil.rmtree(f"{root}/stage", ignore_errors=True)
    return {
        "event": "ran",
        "exit_code": process.returncode,
        "stdout": base64.b64encode(streams.text(1)).decode(),
        "stderr": base64.b64encode(streams.text(2)).decode(),
        "files": written,
        "wall": wall,
        "waited": waited,
        "cpu": usage.ru_utime + usage.ru_stime,
        "peak": max(usage.ru_maxrss * 1024, seen.most),
        "used": {
            "wall": wall - waited,
            "cpu": max(measured[0], usage.ru_utime + usage.ru_stime),
            "memory": max(measured[1], usage.ru_maxrss * 1024),
        },
        "timed_out": timed_out,
        "out_of_memory": process.returncode == -signal.SIGKILL and out_of_memory_kills() > kills,
    }


def _place(staged: str, folder: str) -> None:
    """Move staged files over the copy of the submission; on one tmpfs that moves no data."""
    for at, _, names in os.walk(staged):
        target = os.path.join(folder, os.path.relpath(at, staged))
        os.makedirs(target, exist_ok=True)
        for name in names:
            os.replace(os.path.join(at, name), os.path.join(target, name))


def _marks(folder: str) -> dict[str, tuple[int, int]]:
    found = {}
    for at, _, names in os.walk(folder):
        for name in names:
            path = os.path.join(at, name)
            info = os.lstat(path)
            found[path[len(folder) + 1 :]] = (info.st_mtime_ns, info.st_size)
    return found


def _written(folder: str, before: dict[str, tuple[int, int]]) -> dict[str, str]:
    written: dict[str, str] = {}
    for path, mark in sorted(_marks(folder).items()):
        target = os.path.join(folder, path)
        if (
            before.get(path) == mark
            or "__pycache__" in path
            or not os.path.isfile(target)
            or os.path.islink(target)
        ):
            continue
        if len(written) >= _MAX_FILES or mark[1] > _MAX_FILE_BYTES:
            continue
        try:
            with open_regular(target) as file:
                written[path] = base64.b64encode(file.read(_MAX_FILE_BYTES)).decode()
        except OSError:
            continue  # it changed meanwhile, or may not be read
    return written


def become_server(argv: list[str], root: str, port: int, log: str) -> None:
    """In a forked child of the warm keeper: run a Python server in this process, anything else by exec."""
    descriptor = os.open(log, os.O_WRONLY | os.O_CREAT | os.O_TRUNC | os.O_APPEND, 0o600)
    for number in (1, 2):
        os.dup2(descriptor, number)
    os.environ.clear()
    os.environ.update(environment({"PORT": str(port), "HOST": "127.0.0.1"}))
    os.chdir(root)
    sys.stdout = open(1, "w", buffering=1, encoding="utf-8", closefd=False)  # noqa: SIM115
    sys.stderr = open(2, "w", buffering=1, encoding="utf-8", closefd=False)  # noqa: SIM115
    if argv[0] not in ("python", "python3"):
        os.execvpe(argv[0], argv, dict(os.environ))  # noqa: S606
    sys.path.insert(0, root)
    try:
        if argv[1] == "-m":
            sys.argv = argv[2:]
            runpy.run_module(argv[2], run_name="__main__", alter_sys=True)
        else:
            sys.argv = argv[1:]
            runpy.run_path(argv[1], run_name="__main__")
    except SystemExit:
        raise
    except BaseException:
        sys.excepthook(*sys.exc_info())
        raise
