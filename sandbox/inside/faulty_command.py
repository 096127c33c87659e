"""Runs one command of the candidate's in a place where something is wrong: a script of its own, beside the submission.

    python _faulty_command.py '{"unreadable": ["in.csv"], "free_bytes": 0, "upstream": [{"status": 503}]}' python app.py

It runs as the candidate's user, in the candidate's container, and so protects nothing: it makes trouble. What the
upstream notes about requests is a claim like everything else that comes from there.
"""

from __future__ import annotations

import contextlib
import http.server
import json
import os
import signal
import socket
import struct
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Iterator
from typing import Any

REQUESTS = "upstream-requests.json"
MOST_FREE = 2**30
"""A disk with more room is somebody's own machine, not a box."""
PIECE = 2**20
NOT_POSSIBLE = 70
"""Exit code where the trouble cannot be made: EX_SOFTWARE of sysexits.h."""


class NotPossible(Exception):
    """The trouble that is asked for cannot be made here."""


def main(arguments: list[str]) -> int:
    """Make the trouble, run the command, and give its exit code."""
    wanted, command = json.loads(arguments[0]), arguments[1:]
    if command[0] in ("python", "python3"):
        command[0] = sys.executable
    try:
        with contextlib.ExitStack() as stack:
            environment = dict(os.environ)
            if wanted.get("upstream") is not None:
                environment["UPSTREAM_URL"] = stack.enter_context(upstream(wanted["upstream"]))
            for path in wanted.get("unreadable", ()):
                forbid(path)
            if wanted.get("free_bytes") is not None:
                stack.enter_context(filled_disk(int(wanted["free_bytes"])))
            status = subprocess.run(command, env=environment, check=False).returncode
    except NotPossible as error:
        sys.stderr.write(f"faults: {error}\n")
        return NOT_POSSIBLE
    except OSError as error:
        sys.stderr.write(f"{command[0]}: {error.strerror}\n")
        return 127
    if status < 0:  # ended by a signal, and so must this be
        signal.signal(-status, signal.SIG_DFL) if -status not in (signal.SIGKILL, signal.SIGSTOP) else None
        os.kill(os.getpid(), -status)
    return status


def forbid(path: str) -> None:
    """Take the permission to read `path` away.

    Raises:
        NotPossible: this user may read everything.
    """
    os.chmod(path, 0)
    if os.access(path, os.R_OK):
        raise NotPossible("every file can be read by root: unreadable files need an ordinary user")


@contextlib.contextmanager
def filled_disk(free: int) -> Iterator[None]:
    """Fill the disk of the working directory until about `free` bytes are left (whole pages), and clear it at the end.

    Raises:
        NotPossible: the disk is larger than that of a box.
    """
    state = os.statvfs(".")
    if state.f_bavail * state.f_frsize > MOST_FREE:
        raise NotPossible("this disk is too large to fill: a full disk needs the sandbox")
    with tempfile.TemporaryFile(
        dir=".", buffering=0
    ) as filler:  # it has no name that the command could delete
        with contextlib.suppress(OSError):  # full: that is what is wanted
            while True:
                filler.write(b"\0" * PIECE)
        with contextlib.suppress(OSError):
            while True:
                filler.write(b"\0" * 4096)
        if free:
            filler.truncate(max(0, filler.tell() - free))
        yield


@contextlib.contextmanager
def upstream(answers: list[dict[str, Any]]) -> Iterator[str]:
    """An HTTP server on loopback that gives these answers in turn, the last one for ever. Gives its address."""
    seen: list[dict[str, Any]] = []
    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), _handler(answers, seen))
    server.daemon_threads = True
    threading.Thread(target=server.serve_forever, args=(0.02,), daemon=True).start()
    try:
        yield f"http://127.0.0.1:{server.server_address[1]}"
    finally:
        server.shutdown()
        server.server_close()
        with (
            contextlib.suppress(OSError),
            open(REQUESTS, "w", encoding="utf-8") as file,
        ):  # the disk may be full
            json.dump(seen, file)


def _handler(answers: list[dict[str, Any]], seen: list[dict[str, Any]]) -> type:
    lock, start = threading.Lock(), time.monotonic()

    class Handler(http.server.BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def handle_one_request(self) -> None:
            """Any method is answered, and a client that hangs up is no news."""
            try:
                self.raw_requestline = self.rfile.readline(65_537)
                if not self.raw_requestline or not self.parse_request():
                    self.close_connection = True
                    return
                body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
                with lock:
                    answer = answers[min(len(seen), len(answers) - 1)]
                    at = round(time.monotonic() - start, 3)
                    text = body.decode("utf-8", "replace")
                    seen.append({"method": self.command, "path": self.path, "body": text, "at": at})
                self._give(answer)
            except OSError:
                self.close_connection = True

        def _give(self, answer: dict[str, Any]) -> None:
            body = str(answer.get("body", "")).encode()
            cut = answer.get("cut_at")
            time.sleep(float(answer.get("wait", 0)))
            if cut is None or int(cut) > 0:
                self.send_response(int(answer.get("status", 200)))
                for name, value in dict(answer.get("headers", {})).items():
                    self.send_header(str(name), str(value))
                self.send_header("Content-Length", str(len(body)))
                self.end_headers()
                self.wfile.write(body if cut is None else body[: int(cut)])
            if cut is not None:
                self._drop()

        def _drop(self) -> None:
            """Hang up with a reset, as a machine does that went away."""
            self.wfile.flush()
            self.connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
            self.close_connection = True
            self.connection.close()

        def log_message(self, format: str, *args: Any) -> None:  # noqa: A002 -- the name of the base class
            """Say nothing: the output belongs to the command."""

    return Handler


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
