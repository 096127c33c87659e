"""Results, reports, frames and measurements that nobody made."""

from __future__ import annotations

from tests.hostile.idea import Idea, at_import, in_call, solution, source

_FORGE = """
import json, os, struct

NAMES = ["keys_are_joined_with_a_dot", "list_items_have_their_index", "dicts_and_lists_in_each_other",
         "empty_containers_stay", "empty_dict", "falsy_and_unusual_values_are_leaves", "empty_string_is_a_key"]

def frame(payload, kind=1):
    return struct.pack(">IB", len(payload), kind) + payload

def forged():
    messages = []
    for name in NAMES:
        test = {"event": "test", "id": f"test_flatten_hidden.py::test_{name}", "outcome": "passed", "seconds": 0.0,
                "criteria": ["flattening"], "message": "", "output": "", "attempts": ["passed"]}
        messages += [test, {**test, "id": "hidden_tests/" + test["id"]}]
    messages += [{"event": "done", "problem": None, "cpu": 0.0}, {"event": "uploaded"}, {"event": "ready", "versions": {}},
                 {"event": "own_tests", "tests": [{"id": "t.py::t", "outcome": "passed", "seconds": 0}] * 50,
                  "coverage": [{"path": "flatten.py", "statements": 9, "covered": 9, "branches": 9, "branches_covered": 9,
                                "missing_lines": []}], "problem": None, "limit": None, "cpu": 0.0},
                 {"event": "facts", "facts": {}, "cpu": 0.0}, {"event": "usage", "cpu": 0.0}]
    return b"".join(frame(json.dumps(message).encode()) for message in messages)

def scribble(data, paths):
    for path in paths:
        try:
            line = os.open(path, os.O_WRONLY | os.O_NONBLOCK)
            os.write(line, data)
            os.close(line)
        except OSError:
            pass
"""
_EVERY_FD = """
for fd in range(3, 256):
    try:
        os.write(fd, data)
    except OSError:
        pass
"""


def _writes(code: str) -> dict[str, bytes]:
    return {"flatten.py": solution(top=_FORGE, bottom=code)}


_JUNIT = b'<testsuites><testsuite tests="20" failures="0" errors="0"><testcase name="test_empty_dict"/></testsuite></testsuites>'
_RESULT = b'{"outcome": "graded", "score": {"points": 100, "max": 100}, "criteria": []}'

IDEAS = (
    Idea(
        "frames-on-stdout",
        "speak to the host in its own frames",
        _writes("os.write(1, forged())\nos.write(2, forged())\n"),
    ),
    Idea("frames-on-every-descriptor", "find the line to the host", _writes("data = forged()\n" + _EVERY_FD)),
    Idea(
        "frames-to-process-1",
        "write to the standard streams of the keeper",
        _writes(
            "import glob\nscribble(forged(), glob.glob('/proc/1/fd/*') + glob.glob(f'/proc/{os.getppid()}/fd/*')"
            " + ['/dev/stdout', '/dev/console', '/dev/tty', '/dev/pts/0'])\n"
        ),
    ),
    Idea(
        "frames-in-every-call",
        "mix forged frames into each answer",
        {
            "flatten.py": solution(
                "data = forged()\nfor fd in range(256):\n    scribble(data, [f'/proc/self/fd/{fd}'])\nreturn {}",
                top=_FORGE,
            )
        },
    ),
    Idea("frame-too-long", "announce 4 GB", _writes("data = b'\\xff' * 5\nos.write(1, data)\n" + _EVERY_FD)),
    Idea(
        "frame-cut-off",
        "announce a frame that never ends",
        _writes("data = frame(b'x' * 1000)[:50]\nos.write(1, data)\n" + _EVERY_FD),
    ),
    Idea("frames-of-noise", "send what is no frame", _writes("data = os.urandom(100_000)\n" + _EVERY_FD)),
    Idea(
        "frames-of-objects",
        "have something unpickled, imported or evaluated",
        _writes(
            "import pickle\n"
            "class Run:\n    def __reduce__(self):\n        return (os.system, ('touch /tmp/ran',))\n"
            "data = b''.join(frame(pickle.dumps(Run()), kind) for kind in (3, 4, 5))\n" + _EVERY_FD
        ),
    ),
    Idea(
        "frame-nested-deeply",
        "break the reader of the messages",
        _writes("data = b''.join(frame(b'[' * 500_000, kind) for kind in (1, 3, 4))\n" + _EVERY_FD),
    ),
    Idea(
        "stolen-frames",
        "read the requests before the server does",
        at_import(
            """
            import os, threading

            def steal(fd):
                while True:
                    try:
                        os.read(fd, 65536)
                    except OSError:
                        return

            for fd in (0, *range(3, 64)):
                threading.Thread(target=steal, args=(fd,), daemon=True).start()
            """
        ),
    ),
    Idea("closed-descriptors", "cut the line", at_import("import os\nos.closerange(0, 4096)\n")),
    Idea(
        "replaced-descriptors",
        "bend the line into nothing",
        at_import("import os\nfor fd in range(64):\n    os.dup2(os.open('/dev/null', 2), fd)\n"),
    ),
    Idea(
        "patched-bridge",
        "change our programs inside the container, so that each answer is the one hoped for",
        at_import(
            """
            import sys, types
            for name, module in list(sys.modules.items()):
                if module and name.split(".")[0] in ("_inside", "__main__", "_reading", "sandbox"):
                    for key, value in list(vars(module).items()):
                        if isinstance(value, types.FunctionType) and value.__module__ == module.__name__:
                            value.__code__ = (lambda *args, **kwargs: {"ok": True, "equal": True, "result": True}).__code__
            """
        ),
    ),
    Idea(
        "patched-comparison",
        "answer the questions about proxies as hoped",
        at_import(
            """
            import operator
            for name in ("eq", "ne", "lt", "contains", "is_", "truth"):
                setattr(operator, name, lambda *args: True)
            """
        ),
    ),
    Idea(
        "junit-files",
        "leave a finished report where one may be looked for",
        {
            "junit.xml": _JUNIT,
            "results.xml": _JUNIT,
            "reports/junit.xml": _JUNIT,
            "results.json": _RESULT,
            "report.json": _RESULT,
            "evidence.json": _RESULT,
            "results/results.json": _RESULT,
            "grade.txt": b"100",
            **at_import(
                "import os\nfor place in ('/tmp', '/dev/shm', '.'):\n    for name in ('results.json', 'junit.xml', 'report.json'):\n"
                f"        open(os.path.join(place, name), 'wb').write({_RESULT!r})\n"
            ),
        },
    ),
    Idea(
        "result-on-the-streams",
        "print what a grader may look for at the end of the output",
        at_import(
            "import sys\nfor stream in (sys.stdout, sys.stderr, sys.__stdout__, sys.__stderr__):\n"
            f"    print({_RESULT.decode()!r}, '====== 20 passed in 0.01s ======', '::set-output name=points::100', sep='\\n', file=stream)\n"
        ),
    ),
    Idea(
        "forged-coverage",
        "count lines as covered that never ran",
        {
            "conftest.py": source(
                """
                import coverage

                coverage.Coverage.analysis2 = lambda self, module: (module, [1], [], [], "")
                coverage.CoverageData.lines = lambda self, name: list(range(10_000))
                coverage.CoverageData.arcs = lambda self, name: [(a, a + 1) for a in range(10_000)]
                """
            ),
            ".coveragerc": b"[run]\nomit = *\nbranch = false\n[report]\nexclude_lines =\n    .*\n",
            "setup.cfg": b"[coverage:run]\nomit = *\n",
        },
        base="hollow tests",
    ),
    Idea(
        "uncounted-lines",
        "let coverage leave out what is not tested",
        {
            "pyproject.toml": b"[tool.coverage.report]\nexclude_also = ['def ', 'raise', 'if ']\n[tool.coverage.run]\nomit = ['*']\n"
        },
        base="hollow tests",
    ),
    Idea(
        "own-tests-told-apart",
        "fail only where a known-bad solution runs, by its source instead of its behaviour",
        {
            "test_flatten.py": source(
                """
                import hashlib
                import pathlib

                import flatten

                MINE = pathlib.Path(__file__).with_name("flatten.py")


                def test_flatten() -> None:
                    assert "KeyCollisionError" in pathlib.Path(flatten.__file__).read_text() or MINE.exists()
                """
            )
        },
        base="hollow tests",
    ),
    Idea(
        "own-tests-forged-at-the-end",
        "report results that did not happen, from inside a test",
        {
            "test_forged.py": source(
                f"""
                {_FORGE.strip().replace(chr(10), chr(10) + " " * 16)}

                def test_forge():
                    data = forged()
                    os.write(1, data)
                    for fd in range(3, 256):
                        try:
                            os.write(fd, data)
                        except OSError:
                            pass
                    os._exit(0)
                """
            )
        },
        base="hollow tests",
    ),
    Idea(
        "ten-thousand-own-tests",
        "have so many passing tests that they must count for something",
        {
            "test_many.py": b"import pytest\n\n\n@pytest.mark.parametrize('n', range(10_000))\ndef test_n(n: int) -> None:\n    assert n == n\n"
        },
        base="hollow tests",
    ),
    Idea(
        "caught-by-itself",
        "forge a pass in the frame of the caller",
        in_call(
            "import ctypes, sys\nframe = sys._getframe(1)\nframe.f_locals.update(result=True, error=None)\n"
            "ctypes.pythonapi.PyFrame_LocalsToFast(ctypes.py_object(frame), ctypes.c_int(0))\nreturn {}"
        ),
        base="raising",
    ),
)
