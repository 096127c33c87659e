"""What a hostile idea is, and the honest submissions that the ideas are laid over.

An idea is graded next to its base: the same work without the trick. The trick may cost points, never bring any.
"""

from __future__ import annotations

import ast
import textwrap
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final

RUBRICS: Final = Path(__file__).parents[2] / "rubrics"

MODULES: Final = ("flatten", "ledger")
"""What hidden suites import: an only folder of that name is the solution, and no wrapping."""

ALREADY_SEEN: Final = "ALREADY-SEEN-"
"""Ideas put this before whatever they got hold of, so that it can be found where it must not be."""


@dataclass(frozen=True)
class Idea:
    """One way to cheat or to destroy."""

    name: str
    tries: str
    files: Mapping[str, bytes]
    """Laid over the base."""
    base: str = "wrong"
    """Name of one of BASES."""
    finds_nothing: bool = False
    """ALREADY_SEEN would mean that it got out of its box."""
    seconds: float = 90.0
    """Wall time within which the grading must be over."""
    outcomes: frozenset[str] = field(default=frozenset({"graded", "ungradable"}))
    """Never infrastructure_failed: then hostile code would be tried again and again."""

    @property
    def submission(self) -> dict[str, bytes]:
        """The files to be graded."""
        return {**BASES[self.base].files, **self.files}

    @property
    def takehome(self) -> str:
        """Name of the take-home that the submission answers."""
        return BASES[self.base].takehome


@dataclass(frozen=True)
class Base:
    """An honest submission."""

    takehome: str
    files: Mapping[str, bytes]


def source(text: str) -> bytes:
    """Python source written with the indentation of the place where it stands."""
    return textwrap.dedent(text).lstrip("\n").encode()


def solution(body: str = "return {}", *, top: str = "", bottom: str = "") -> bytes:
    """A `flatten.py` whose functions do `body`, with more code above and below."""
    inner = textwrap.indent(textwrap.dedent(body).strip(), "    ")
    parts = [
        '"""Flatten nested dictionaries to one level, and back."""\n',
        textwrap.dedent(top),
        "from typing import Any\n\n",
        'class KeyCollisionError(ValueError):\n    """Two values want the same place."""\n\n',
        'def flatten(data: dict[str, Any], separator: str = ".") -> dict[str, Any]:',
        f'    """Return `data` as a dict of one level."""\n{inner}\n\n',
        'def unflatten(flat: dict[str, Any], separator: str = ".") -> dict[str, Any]:',
        f'    """Return the nested data that `flat` was made from."""\n{inner}\n',
        textwrap.dedent(bottom),
    ]
    return "\n".join(parts).encode()


def at_import(code: str) -> dict[str, bytes]:
    """The wrong solution, which runs `code` when it is imported."""
    return {"flatten.py": solution(bottom=code)}


def in_call(code: str, top: str = "") -> dict[str, bytes]:
    """A solution whose functions run `code`."""
    return {"flatten.py": solution(code, top=top)}


def bare(code: bytes) -> bytes:
    """Python code without docstrings and annotations."""
    tree = ast.parse(code)
    for node in ast.walk(tree):
        if isinstance(node, ast.FunctionDef):
            node.returns = None
            arguments = node.args
            for argument in (*arguments.posonlyargs, *arguments.args, *arguments.kwonlyargs):
                argument.annotation = None
        if isinstance(node, ast.FunctionDef | ast.ClassDef | ast.Module) and ast.get_docstring(node):
            node.body = node.body[1:] or [ast.Pass()]
    return ast.unparse(tree).encode() + b"\n"


_RIGHT: Final = (RUBRICS / "flatten" / "reference" / "flatten.py").read_bytes()
_EVERY: Final = """
class EveryError(TypeError, KeyCollisionError):
    pass

raise EveryError("a.b a.0 x y flat key")
"""
_HOLLOW: Final = source(
    """
    from flatten import flatten, unflatten


    def test_flatten() -> None:
        assert flatten({"a": {"b": 1}}) is not None


    def test_unflatten() -> None:
        assert unflatten({"a.b": 1}) is not None
    """
)
_BARE: Final = bare(_RIGHT)
_MESS: Final = source(
    """


    import os, sys, json
    from collections import *
    def Mess(l, O = [], I = {}):
        for i in range(len(l)):
            if l[i] == None:
                try: O.append(l[i])
                except: pass
            elif type(l[i]) == type(1): I[i] = lambda: i
        return not O == I
    """
)

_FIXED: Final = {
    str(path.relative_to(RUBRICS / "bughunt-ledger" / "reference")): path.read_bytes()
    for path in sorted((RUBRICS / "bughunt-ledger" / "reference" / "ledger").glob("*.py"))
}
_ORIGINAL: Final = {
    str(path.relative_to(RUBRICS / "bughunt-ledger" / "starter")): path.read_bytes()
    for path in sorted((RUBRICS / "bughunt-ledger" / "starter" / "ledger").glob("*.py"))
}
_HOLLOW_REGRESSION: Final = source(
    """
    from ledger import Ledger


    def test_a_late_entry() -> None:
        assert Ledger().entries == ()
    """
)
_RIGHT_DIGEST: Final = (RUBRICS / "error-digest" / "reference" / "digest.py").read_bytes()
_HOLLOW_DIGEST: Final = source(
    """
    import pathlib
    import subprocess
    import sys

    PROGRAM = pathlib.Path(__file__).parent / "digest.py"


    def test_help() -> None:
        done = subprocess.run([sys.executable, PROGRAM, "--help"], capture_output=True, timeout=5)
        assert done.returncode is not None
    """
)
_RIGHT_SERVER: Final = {
    name: (RUBRICS / "inventory-api" / "reference" / name).read_bytes() for name in ("app.py", "inventory.py")
}
_HOLLOW_SERVER: Final = source(
    """
    import inventory


    def test_there_is_something() -> None:
        assert inventory is not None
    """
)

_RETRY: Final = '''
"""Retry calls."""

import random
import time

LIES
class GaveUp(Exception):
    """The last attempt failed as well."""


class Backoff:
    """How long to wait."""

    def __init__(self, delay=1.0, factor=2.0, max_delay=60.0, jitter=0.0, random=random.random):
        self.random = random

    def wait(self, failures):
        """Return the seconds to wait."""
        return WAIT


def retry(exceptions=Exception, *, attempts=3, backoff=None, give_up_after=None, on_retry=None, sleep=None, clock=None):
    """Call again what fails."""

    def decorate(function):
        def call(*args, **kwargs):
            given = (function, on_retry, sleep, clock, getattr(backoff, "random", None))
            callbacks = [callback for callback in given if callback]
BODY
            for _ in range(attempts):
                try:
                    return function(*args, **kwargs)
                except exceptions as error:
                    (on_retry or print)(WAIT, WAIT, WAIT)
                    (sleep or time.sleep)(WAIT)
            return WAIT

        return call

    return decorate
'''


def retrying(body: str = "pass", *, lies: str = "", wait: str = "0.0") -> dict[str, bytes]:
    """A `retry.py` that runs `body` in each call, where `callbacks` are the functions it was given."""
    code = _RETRY.replace("BODY", textwrap.indent(textwrap.dedent(body).strip(), " " * 12))
    return {"retry.py": code.replace("LIES", textwrap.dedent(lies)).replace("WAIT", wait).lstrip().encode()}


_SERVER: Final = '''
"""Serve nothing."""

import http.server
import os
import socketserver


class Handler(http.server.BaseHTTPRequestHandler):
    """Answers everything with 404."""

    def do(self):
        """Answer."""
        self.rfile.read(int(self.headers.get("Content-Length") or 0))
BODY

    do_GET = do_POST = do_PATCH = do_PUT = do_DELETE = do


class Server(socketserver.ThreadingMixIn, http.server.HTTPServer):
    """Serves side by side."""

    daemon_threads = True


if __name__ == "__main__":
TOP
    Server(("127.0.0.1", int(os.environ.get("PORT", "8000"))), Handler).serve_forever()
'''
_NOT_FOUND: Final = """
data = b'{"error": "no"}'
self.send_response(404)
self.send_header("Content-Type", "application/json")
self.send_header("Content-Length", str(len(data)))
self.end_headers()
self.wfile.write(data)
"""


def serving(body: str = _NOT_FOUND, *, top: str = "pass") -> dict[str, bytes]:
    """An `app.py` that runs `top` before it serves and answers each request with `body`."""
    code = _SERVER.replace("BODY", textwrap.indent(textwrap.dedent(body).strip(), " " * 8))
    return {
        "app.py": code.replace("TOP", textwrap.indent(textwrap.dedent(top).strip(), "    ")).lstrip().encode()
    }


def command(body: str = "pass") -> dict[str, bytes]:
    """A `digest.py` that runs `body` and prints nothing."""
    return {"digest.py": b'"""Print nothing."""\n\n' + source(body)}


BASES: Final[dict[str, Base]] = {
    "wrong": Base("flatten", {"flatten.py": solution()}),
    # Rubrics give points for tests and tidiness only to what works: tricks there are tried on what works.
    "hollow tests": Base("flatten", {"flatten.py": _RIGHT, "test_flatten.py": _HOLLOW}),
    # Right, and without a docstring or an annotation.
    "bare": Base("flatten", {"flatten.py": _BARE}),
    "messy": Base("flatten", {"flatten.py": _RIGHT + _MESS}),
    # The most that a program can get which raises whatever happens.
    "raising": Base("flatten", {"flatten.py": solution(_EVERY)}),
    # The same for a plain ValueError, which is all that some of the tests ask for.
    "refusing": Base("flatten", {"flatten.py": solution("raise ValueError('no')")}),
    "wrong retry": Base("retry", retrying()),
    "wrong command": Base("error-digest", command()),
    "wrong server": Base("inventory-api", serving()),
    "wrong ledger": Base("bughunt-ledger", _ORIGINAL),
    "hollow regression test": Base(
        "bughunt-ledger", {**_FIXED, "tests/test_late_entries.py": _HOLLOW_REGRESSION}
    ),
    "hollow digest tests": Base(
        "error-digest", {"digest.py": _RIGHT_DIGEST, "test_digest.py": _HOLLOW_DIGEST}
    ),
    "hollow server tests": Base("inventory-api", {**_RIGHT_SERVER, "test_app.py": _HOLLOW_SERVER}),
}
