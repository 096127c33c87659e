"""The keeper of a candidate box: hands frames on, starts and ends the candidate's processes, tunnels to its server."""

from __future__ import annotations

import json
import os
import select
import socket
import time
from collections.abc import Callable
from typing import Any

from . import accounts, claims, commands, wire
from .careful import tail
from .child import CHUNK, Child, Children, cpu_of
from .keeper import Stream, write_files
from .process import clear_away
from .tunnels import Tunnels

_LOOK_MILLISECONDS = 10.0
_LOG = 4000
_STALL_SECONDS = 5.0
OwnRun = tuple[str, tuple[str, ...], str]
OWN_TESTS: OwnRun = ("own_tests", ("tests", "coverage"), "own_tests_seconds")
PROBE: OwnRun = ("probe", ("tests", "mutants", "orders"), "probe_seconds")
"""Event, tables in the answer, and limit of what may run of their own tests."""
FULL = "no process could be started in the box: its limit of processes or memory is used up"


class CandidateKeeper:
    """One submission, one life."""

    def __init__(self, stream: Stream, root: str) -> None:
        self._stream = stream
        self._root = f"{root}/submission"
        self._work = root
        self._limits: dict[str, Any] = {}
        self._incoming = wire.Splitter()
        self._upload: bytearray | None = None
        self._upload_size = 0
        self._poll = select.poll()
        self._caller: Child | None = None
        self._owner: Child | None = None
        self._server: Child | None = None
        self._tunnels = Tunnels(stream, self._watch, self._unwatch)
        self._commands = commands.Commands(root)
        self._own_tests: Any = None
        self._probe: Any = None
        self._owned = OWN_TESTS
        self._by_fd: dict[int, Any] = {}
        self._own_until: float = 0
        self._children = Children(self._unwatch, lambda: self._commands.pid)
        self._unstaged = ""
        self._meter: accounts.Meter | None = None

    def prepare(self) -> None:
        """Get ready what every submission needs; the process that starts commands is left small by coming before."""
        from . import own_tests, probing

        self._own_tests = own_tests.OwnTests(self._root)
        self._probe = probing.Probe(self._root, self._own_tests.session)

    # -- the loop ---------------------------------------------------------------------------------

    def serve(self) -> None:
        """Until the host closes the stream."""
        self._watch(self._stream.read_fd, self._from_host)
        self._watch(self._commands.fileno(), self._from_commands)
        while True:
            for fd, _ in self._poll.poll(self._patience()):
                handler = self._by_fd.get(fd)
                if handler is not None and handler() is False:
                    return
            self._check_time()

    def _watch(self, fd: int, handler: Any) -> None:
        self._by_fd[fd] = handler
        self._poll.register(fd, select.POLLIN)

    def _unwatch(self, fd: int) -> None:
        if self._by_fd.pop(fd, None) is not None:
            self._poll.unregister(fd)

    def _patience(self) -> float | None:
        if self._meter is not None:
            self._meter.look()
            return _LOOK_MILLISECONDS
        return None if self._owner is None else max(0.0, (self._own_until - time.monotonic()) * 1000)

    def _check_time(self) -> None:
        if self._owner is not None and time.monotonic() > self._own_until:
            self._end_own(self._owned[2])

    # -- from the host ----------------------------------------------------------------------------

    def _from_host(self) -> bool | None:
        data = os.read(self._stream.read_fd, CHUNK)
        if not data:
            return False
        for kind, payload in self._incoming.feed(data):
            if kind == wire.CALL:
                self._call(payload)
            elif kind == wire.TUNNEL:
                self._tunnels.take(payload)
            elif kind == wire.SERVICE:
                self._service(json.loads(payload))
            elif kind == wire.UPLOAD and self._upload is not None:
                self._upload += payload
                self._check_upload()
            elif kind == wire.CONTROL:
                self._control(json.loads(payload))
        return None

    def _control(self, message: dict[str, Any]) -> None:
        do = message["do"]
        if do == "limits":
            self._limits = message
        elif do == "upload":
            self._upload, self._upload_size = bytearray(), int(message["bytes"])
            self._check_upload()
        elif do == "own_tests":
            select, measured = list(message["select"]), bool(message["coverage"])
            work = self._own_tests
            self._start_own(OWN_TESTS, message, lambda sock: work.run(sock, select, coverage=measured))
        elif do == "probe":
            self._start_own(PROBE, message, lambda sock: self._probe.run(sock, message))
        elif do == "usage":
            self._stream.say({"event": "usage", "cpu": round(self._cpu_used(), 4)})

    def _check_upload(self) -> None:
        if self._upload is not None and len(self._upload) >= self._upload_size:
            write_files(self._root, wire.unpack_files(bytes(self._upload)))
            self._upload = None
            self._stream.say({"event": "uploaded"})

    # -- the process that serves calls ------------------------------------------------------------

    def _call(self, payload: bytes) -> None:
        if self._caller is None:
            self._start_caller()
        if self._caller is None:
            return
        child = self._caller
        try:
            self._send(child, wire.frame(wire.CALL, payload))
        except (TimeoutError, wire.FrameError) as error:
            self._caller_gone(child, "protocol", str(error))
        except OSError:
            return  # it is dead; its end is noticed and reported by _caller_ended

    def _send(self, child: Child, data: bytes) -> None:
        """Send, and go on hearing: the process may itself be sending, and read only when that is done.

        Raises:
            TimeoutError: it takes nothing.
            OSError: it is gone.
        """
        rest = memoryview(data)
        end = time.monotonic() + _STALL_SECONDS
        while rest:
            try:
                rest = rest[child.sock.send(rest, socket.MSG_DONTWAIT) :]
                continue
            except BlockingIOError:
                left = end - time.monotonic()
            if left <= 0:
                raise TimeoutError("the process does not read what it is asked")
            readable, _, _ = select.select([child.sock], [child.sock], [], left)
            if readable and not self._forward(child):
                raise ConnectionResetError

    def _start_caller(self) -> None:
        from . import candidate

        limits = self._limits
        try:
            self._caller = self._children.fork(
                limits["open_files"],
                lambda sock: candidate.serve(
                    sock, self._root, output_bytes=limits["output_bytes"], max_depth=limits["value_depth"]
                ),
            )
        except OSError as error:
            self._say_service({"event": "died", "reason": "limit", "detail": f"{FULL} ({error.strerror})"})
            return
        self._watch(self._caller.sock.fileno(), self._from_caller)
        self._watch(self._caller.pidfd, self._caller_ended)

    def _from_caller(self) -> None:
        child = self._caller
        assert child is not None
        try:
            if not self._forward(child):
                self._unwatch(child.sock.fileno())
        except (OSError, wire.FrameError) as error:
            self._caller_gone(child, "protocol", str(error))

    def _forward(self, child: Child) -> bool:
        """Hand on what the process says; whether it may still say more.

        Raises:
            OSError: it is gone.
            wire.FrameError: it does not speak in frames.
        """
        data = child.sock.recv(CHUNK)
        for kind, payload in child.splitter.feed(data):
            if kind == wire.CALL:
                self._stream.write(wire.CALL, payload)
        return bool(data)

    def _caller_ended(self) -> None:
        child = self._caller
        assert child is not None
        for kind, payload in child.last_frames():
            if kind == wire.CALL:
                self._stream.write(wire.CALL, payload)
        self._caller_gone(child, "", "")

    def _caller_gone(self, child: Child, reason: str, detail: str) -> None:
        status = self._children.end(child)
        self._caller = None
        if not reason:
            reason, detail = child.ending(status)
        self._say_service({"event": "died", "reason": reason, "detail": detail})

    def _say_service(self, message: dict[str, Any]) -> None:
        self._stream.write(wire.SERVICE, json.dumps(message).encode())

    # -- services for the driver ------------------------------------------------------------------

    def _service(self, message: dict[str, Any]) -> None:
        do = message["do"]
        if do == "restart":
            if self._caller is not None:
                self._children.end(self._caller)
                self._caller = None
            if self._commands.asked:  # its answer would be taken for that to the next request
                self._commands.asked = False
                self._commands_ended()
            self._say_service({"event": "restarted"})
        elif do == "stage":
            self._stage(message)
        elif do == "run":
            self._run(message)
        elif do == "start":
            self._start_server(message)
            self._say_service({"event": "started"})
        elif do == "meter":
            self._say_service({"event": "meter", **self._read_meter(begin=bool(message["begin"]))})
        elif do == "waited":
            starved = sum((child.starved.seconds() for child in self._running()), self._commands.starved())
            self._say_service({"event": "waited", "seconds": starved})
        elif do == "server":
            self._say_service({"event": "server", **self._server_state()})

    def _read_meter(self, *, begin: bool) -> dict[str, Any]:
        """What the box holds at the beginning of a measured test, and what it used by its end."""
        found = accounts.reading(self._meter, [child.pid for child in self._running()])
        self._meter = accounts.Meter(self._cpu_used, self._work) if begin else None
        return found

    def _cpu_used(self) -> float:
        return self._children.cpu + sum(cpu_of(child.pid) for child in self._running())

    def _running(self) -> list[Child]:
        return [child for child in (self._caller, self._server) if child is not None]

    def _stage(self, message: dict[str, Any]) -> None:
        try:
            commands.stage(self._work, message)
        except (OSError, ValueError) as error:
            self._unstaged = str(error)

    def _run(self, message: dict[str, Any]) -> None:
        if self._unstaged:
            problem, self._unstaged = self._unstaged, ""
            self._say_service(
                {"event": "ran", "error": f"a file for the command could not be written: {problem}"}
            )
            return
        try:
            self._commands.ask(message)
        except OSError:
            self._commands_ended()

    def _from_commands(self) -> None:
        answer = self._commands.answer()
        if answer is None:
            self._commands_ended()
        else:
            self._say_service(answer)

    def _commands_ended(self) -> None:
        """The candidate can end the process that runs commands: it has the same user. Start another."""
        asked = self._commands.asked
        self._unwatch(self._commands.fileno())
        self._commands.close()
        clear_away(self._children.wanted())
        try:
            self._commands = commands.Commands(self._work)
            self._watch(self._commands.fileno(), self._from_commands)
        except OSError as error:
            self._say_service({"event": "died", "reason": "limit", "detail": f"{FULL} ({error.strerror})"})
        if asked:
            self._say_service(
                {"event": "ran", "error": "the process that runs commands was ended from inside the box"}
            )

    def _start_server(self, message: dict[str, Any]) -> None:
        if self._server is not None:
            self._children.end(self._server)
            self._server = None
        port = self._tunnels.port = int(message["port"])
        argv = [str(part) for part in message["argv"]]
        log = f"{self._work}/server.log"
        try:
            self._server = self._children.fork(
                self._limits["open_files"], lambda _: commands.become_server(argv, self._root, port, log)
            )
        except OSError:
            self._server = None  # told by the state, when the driver asks why nothing answers

    def _server_state(self) -> dict[str, Any]:
        log = tail(f"{self._work}/server.log", _LOG)
        if self._server is None:
            return {"running": False, "log": log, "detail": "not started"}
        found = os.waitid(os.P_PID, self._server.pid, os.WEXITED | os.WNOHANG | os.WNOWAIT)
        if found is None:
            return {"running": True, "log": log}
        status = self._children.end(self._server)
        reason, detail = self._server.ending(status)
        self._server = None
        return {"running": False, "log": log, "reason": reason, "detail": detail}

    # -- their own tests --------------------------------------------------------------------------

    def _start_own(
        self, kind: OwnRun, message: dict[str, Any], work: Callable[[socket.socket], None]
    ) -> None:
        self._own_until = time.monotonic() + float(message.get("most_seconds", message["seconds"]))
        self._owned = kind
        event, tables, _ = kind
        try:
            self._owner = self._children.fork(self._limits["open_files"], work)
        except OSError:
            facts = claims.nothing(tables, FULL)
            self._stream.say({"event": event, "cpu": 0.0, **facts, "limit": "processes"})
            return
        self._watch(self._owner.sock.fileno(), self._from_own)
        self._watch(self._owner.pidfd, self._own_ended)

    def _from_own(self) -> None:
        assert self._owner is not None
        try:
            data = self._owner.sock.recv(CHUNK)
        except OSError:
            data = b""
        self._owner.answer += data
        if not data:
            self._unwatch(self._owner.sock.fileno())
        if len(self._owner.answer) > wire.MAX_PAYLOAD // 2:
            self._end_own("output_bytes")

    def _own_ended(self) -> None:
        assert self._owner is not None
        self._owner.sock.setblocking(False)
        while True:
            try:
                data = self._owner.sock.recv(CHUNK)
            except OSError:
                break
            if not data or len(self._owner.answer) > wire.MAX_PAYLOAD // 2:
                break
            self._owner.answer += data
        self._end_own(None)

    def _end_own(self, limit: str | None) -> None:
        child = self._owner
        assert child is not None
        self._owner = None
        before = self._children.cpu
        status = self._children.end(child)
        used, self._children.cpu = self._children.cpu - before, before
        event, tables, _ = self._owned
        facts = _own_facts(tables, bytes(child.answer), child.ending(status), limit)
        self._stream.say({"event": event, "cpu": round(used, 4), **facts})


def _own_facts(
    tables: tuple[str, ...], answer: bytes, ending: tuple[str, str], limit: str | None
) -> dict[str, Any]:
    """What the run of their own tests came to; the answer is a claim of the candidate's process."""
    if limit is not None:
        return {**claims.nothing(tables, f"stopped: over the limit {limit}"), "limit": limit}
    facts = claims.read(answer, tables)
    if facts is not None:
        return {**facts, "limit": None}
    reason, detail = ending
    nothing = claims.nothing(tables, f"the test run ended without a result: {detail}")
    return {**nothing, "limit": reason if reason == "out_of_memory" else None}
