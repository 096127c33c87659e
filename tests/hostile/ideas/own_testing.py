"""Own tests that look at everything but what the code does, or say what did not happen."""

from __future__ import annotations

import hashlib
from typing import Final

from tests.hostile.idea import ALREADY_SEEN, BASES, RUBRICS, Idea, source
from tests.hostile.ideas.floods import LINE

_BOOK: Final = (RUBRICS / "bughunt-ledger" / "starter" / "ledger" / "book.py").read_bytes()


def _ledger(name: str, tries: str, test: str) -> Idea:
    return Idea(name, tries, {"tests/test_late_entries.py": source(test)}, base="hollow regression test")


def _flatten(name: str, tries: str, test: str, **more: bytes) -> Idea:
    files = {"test_flatten.py": source(test), **{f"{stem}.py": text for stem, text in more.items()}}
    return Idea(name, tries, files, base="hollow tests")


_ORIGINAL_TOLD = (
    _ledger(
        "original-told-by-its-bytes",
        "fail on the code as it was given out because its file is known",
        f"""
        import hashlib
        import pathlib

        import ledger.book


        def test_a_late_entry() -> None:
            text = pathlib.Path(ledger.book.__file__).read_bytes()
            assert hashlib.sha256(text).hexdigest() != "{hashlib.sha256(_BOOK).hexdigest()}"
        """,
    ),
    _ledger(
        "original-told-by-a-line",
        "fail on the code as it was given out because of the line with the bug",
        """
        import pathlib

        import ledger.book


        def test_a_late_entry() -> None:
            assert "if month <= changed" not in pathlib.Path(ledger.book.__file__).read_text()
        """,
    ),
    _ledger(
        "original-told-by-its-function",
        "fail on the code as it was given out because of the source of the function with the bug",
        """
        import inspect

        from ledger import Ledger


        def test_a_late_entry() -> None:
            assert "<=" not in inspect.getsource(Ledger._forget_closings)
        """,
    ),
    _ledger(
        "original-told-by-its-code",
        "fail on the code as it was given out because of the instructions of the function with the bug",
        """
        import dis

        from ledger import Ledger


        def test_a_late_entry() -> None:
            codes = [Ledger._forget_closings.__code__]
            codes += [const for const in codes[0].co_consts if hasattr(const, "co_code")]
            assert not any(step.argrepr.startswith("<=") for code in codes for step in dis.get_instructions(code))
        """,
    ),
    _ledger(
        "original-told-by-a-copy",
        "bring the code as it was given out along, and fail where the tested code is like it",
        f"""
        import types

        import ledger.book

        ORIGINAL = types.ModuleType("original")
        ORIGINAL.__dict__["__name__"] = "ledger.book"
        exec({_BOOK.decode()!r}, ORIGINAL.__dict__)


        def test_a_late_entry() -> None:
            mine, known = ledger.book.Ledger._forget_closings.__code__, ORIGINAL.Ledger._forget_closings.__code__
            assert mine.co_code != known.co_code
        """,
    ),
    _ledger(
        "original-told-by-its-folder",
        "fail where the notes that belong to the fix are missing",
        """
        import pathlib


        def test_a_late_entry() -> None:
            assert not pathlib.Path("ledger/months.py").exists() or list(pathlib.Path().glob("ledger/book.py"))
        """,
    ),
)


def _says(
    name: str, tries: str, answer: str, base: str = "hollow tests", path: str = "test_flatten.py"
) -> Idea:
    """An own test that answers by itself, on the line to the keeper, and ends the process."""
    code = (
        LINE
        + BASES[base].files[path].decode()
        + f"\n\ndef test_last() -> None:\n    {answer}\n    os._exit(0)\n"
    )
    return Idea(name, tries, {path: code.encode()}, base=base)


_SAID = (
    _says(
        "claim-nested-deeply",
        "have the host read what it cannot",
        "line().sendall(b'{\"tests\": ' + b'[' * 5000 + b']' * 5000 + b'}')",
    ),
    _says(
        "claim-nested-less",
        "find the depth that one reader takes and the next does not",
        "line().sendall(b'{\"tests\": [' + b'{\"a\":' * 900 + b'1' + b'}' * 900 + b']}')",
    ),
    _says(
        "claim-that-grows",
        "say 7 MB that become 21 MB when they are written again",
        "line().sendall(json.dumps({'tests': [{'id': '\\u00e9' * 3_500_000}]}, ensure_ascii=False).encode())",
    ),
    _says(
        "claim-of-numbers",
        "say numbers that are none",
        'line().sendall(b\'{"tests": [{"id": 1e999, "seconds": NaN, "line": -Infinity}], "coverage": [{"path": "flatten.py", "statements": 1e999}]}\')',
    ),
    _says(
        "claim-of-huge-numbers",
        "say numbers with 4,000 digits",
        "line().sendall(b'{\"tests\": [' + b','.join([b'{\"id\": \"a\", \"line\": ' + b'9' * 4000 + b'}'] * 900) + b']}')",
    ),
    _says(
        "claim-of-odd-text",
        "say text that cannot be encoded",
        "line().sendall(json.dumps({'tests': [{'id': '\\ud800', 'outcome': 'passed', 'message': '\\udfff\\0\\x1b[2J'}], 'problem': '\\ud800'}).encode())",
    ),
    _says(
        "claim-of-other-shapes",
        "say lists where objects belong",
        'line().sendall(b\'{"tests": {"id": 1}, "coverage": [[1]], "problem": {}}\')',
    ),
    _says("claim-of-nothing", "say that there is nothing to say", "line().sendall(b'null')"),
    _says("claim-twice", "say two things", "line().sendall(b'{\"tests\": []}' * 2)"),
    _says("claim-without-end", "go on talking", "while True: line().sendall(b' ' * 10**6)"),
    _says(
        "claim-and-stay",
        "say it and stay, holding the line",
        "line().sendall(b'{}'); os.fork() or threading.Event().wait()",
    ),
    _says(
        "claim-full-coverage",
        "say that all lines ran, and that tests passed which are there but never ran",
        "line().sendall(json.dumps({'tests': [{'id': f'test_flatten.py::test_{n}', 'outcome': 'passed', 'path': 'test_flatten.py', 'line': 1} for n in ('flatten', 'unflatten', 'last')], 'coverage': [{'path': 'flatten.py', 'statements': 60, 'covered': 60, 'branches': 20, 'branches_covered': 20, 'missing_lines': []}], 'problem': None}).encode())",
    ),
    _says(
        "claim-text-of-the-reference",
        "say the source of the reference where a report may show it",
        "line().sendall(json.dumps({'tests': [{'id': 'test_flatten.py::test_flatten[' + open('flatten.py').read() + ']', 'outcome': 'failed', 'message': open('flatten.py').read(), 'path': 'flatten.py'}], 'problem': open('flatten.py').read()}).encode())",
    ),
)

_OTHERS = (
    _flatten(
        "variants-told-by-coverage",
        "behave while coverage is measured and fail where it is not",
        """
        import sys

        import flatten


        def test_flatten() -> None:
            assert flatten.flatten({}) == {} and (sys.gettrace() or sys.monitoring.get_tool(1) or sys.monitoring.get_tool(3))
        """,
    ),
    _flatten(
        "tests-collected-without-end",
        "never finish collecting",
        """
        import flatten
        import pytest


        def numbers():
            number = 0
            while True:
                number += 1
                yield number


        @pytest.mark.parametrize("number", numbers())
        def test_flatten(number) -> None:
            assert flatten.flatten({}) == {}
        """,
    ),
    _flatten(
        "tests-with-odd-ids",
        "have ids that are programs for whoever shows them",
        """
        import pytest

        ODD = ["\\x1b]0;x\\x07", "]]>", "</script><script>x</script>", "=1+1", "\\u202e", "a\\0b", "\\r\\n::set-output", "'\\"><img src=x>", "x" * 50_000]


        @pytest.mark.parametrize("number", ODD, ids=ODD)
        def test_flatten(number) -> None:
            assert number is None, number
        """,
    ),
    _flatten(
        "tests-tell-what-hidden-tests-ask",
        "note down what hidden tests pass in, and show it in ids of own tests",
        f"""
        import glob
        import time

        import pytest

        time.sleep(3)
        SEEN = [{ALREADY_SEEN!r} + open(path).read() for path in glob.glob("/tmp/seen-*")]


        @pytest.mark.parametrize("number", SEEN, ids=SEEN)
        def test_flatten(number) -> None:
            assert number is None, number


        def test_one() -> None:
            assert not SEEN, SEEN
        """,
        flatten=BASES["hollow tests"].files["flatten.py"]
        + b"\n\n_flatten = flatten\n\n\ndef flatten(data, separator='.'):\n    import os\n    open(f'/tmp/seen-{os.getpid()}', 'a').write(repr(data))\n    return _flatten(data, separator)\n",
    ),
    _flatten(
        "tests-killing-the-neighbour",
        "end every process of the box while hidden tests run",
        """
        import os
        import signal

        import flatten


        def test_flatten() -> None:
            for sign in (signal.SIGSTOP, signal.SIGKILL):
                for name in os.listdir("/proc"):
                    if name.isdigit() and int(name) not in (1, os.getpid()):
                        try:
                            os.kill(int(name), sign)
                        except OSError:
                            pass
            assert flatten.flatten({}) == {}
        """,
    ),
    _flatten(
        "tests-stopping-the-neighbour",
        "stop, and do not end, every process of the box while hidden tests run",
        """
        import os
        import signal
        import time

        import flatten


        def test_flatten() -> None:
            for _ in range(100):
                for name in os.listdir("/proc"):
                    if name.isdigit() and int(name) not in (1, os.getpid()):
                        os.kill(int(name), signal.SIGSTOP)
                time.sleep(0.05)
            assert flatten.flatten({}) == {}
        """,
    ),
    _flatten(
        "tests-tracing-the-neighbour",
        "hold the process of the hidden tests by a debugger's line, so that even its end is not seen",
        """
        import ctypes
        import os
        import time

        import flatten

        PTRACE_SEIZE = 0x4206


        def test_flatten() -> None:
            libc = ctypes.CDLL(None)
            for _ in range(40):
                for name in os.listdir("/proc"):
                    if name.isdigit() and int(name) not in (1, os.getpid()):
                        if libc.ptrace(PTRACE_SEIZE, int(name), 0, 0) == 0:
                            os.kill(int(name), 9)
                time.sleep(0.05)
            assert flatten.flatten({}) == {}
        """,
    ),
    _flatten(
        "tests-changing-the-code",
        "put other code in the place of the submission while hidden tests run",
        """
        import pathlib

        import flatten

        EVERY = "def __getattr__(name):\\n    return lambda *args, **kwargs: args[0]\\n"


        def test_flatten() -> None:
            value = flatten.flatten({})
            for path in pathlib.Path(flatten.__file__).parent.glob("flatten.py"):
                path.write_text(EVERY)
            assert value == {}
        """,
    ),
    _flatten(
        "tests-filling-the-box",
        "leave no inode, no byte and no process for the hidden tests",
        """
        import os
        import time

        import flatten


        def test_flatten() -> None:
            try:
                for number in range(10**6):
                    open(f"/tmp/{number}", "w").write("x" * 100_000)
            except OSError:
                pass
            while True:
                try:
                    os.fork() or time.sleep(99)
                except OSError:
                    break
            assert flatten.flatten({}) == {}
        """,
    ),
    _flatten(
        "tests-traced-by-monitoring",
        "report lines as run through the interpreter's own events",
        """
        import sys

        import flatten


        def test_flatten() -> None:
            for tool in range(6):
                name = sys.monitoring.get_tool(tool)
                if name:
                    sys.monitoring.set_events(tool, 0)
                    sys.monitoring.free_tool_id(tool)
            sys.settrace(None)
            for code in (flatten.flatten.__code__, flatten.unflatten.__code__):
                for line in {line for _, _, line in code.co_lines() if line}:
                    exec(compile("\\n" * (line - 1) + "x = 1", code.co_filename, "exec"))
            assert flatten.flatten({}) == {}
        """,
    ),
    _flatten(
        "tests-marked-in-every-way",
        "be expected to fail, skipped or filtered exactly where it hurts",
        """
        import pytest

        import flatten

        pytestmark = [pytest.mark.xfail(strict=False), pytest.mark.filterwarnings("ignore"), pytest.mark.usefixtures("capfd")]


        def test_flatten() -> None:
            assert flatten.flatten({"a": {}}) == 1


        def test_unflatten() -> None:
            pytest.exit("bye", returncode=0)
        """,
    ),
    Idea(
        "tests-of-a-server-that-stay",
        "leave a process on the port of the server, which answers the hidden tests",
        {
            "test_app.py": source(
                """
                import inventory


                def test_there_is_something() -> None:
                    import os
                    import socket

                    if os.fork() == 0:
                        os.setsid()
                        line = socket.socket()
                        line.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEPORT, 1)
                        while line.connect_ex(("127.0.0.1", 8000)) == 0:
                            for name in os.listdir("/proc"):
                                if name.isdigit() and int(name) > 1 and int(name) != os.getpid():
                                    os.kill(int(name), 9)
                            line.close()
                            line = socket.socket()
                        line.close()
                        line = socket.create_server(("127.0.0.1", 8000))
                        while True:
                            peer, _ = line.accept()
                            peer.sendall(b"HTTP/1.1 200 OK\\r\\nContent-Length: 2\\r\\n\\r\\n{}")
                    assert inventory is not None
                """
            )
        },
        base="hollow server tests",
    ),
    Idea(
        "tests-of-a-command-beside-it",
        "change what commands of the hidden tests find: the program, their folder and their input",
        {
            "test_digest.py": BASES["hollow digest tests"].files["test_digest.py"]
            + source(
                """


                def test_change() -> None:
                    import glob
                    import os
                    import shutil
                    import time

                    for _ in range(100):
                        for path in [*glob.glob("/tmp/stage/**", recursive=True), *glob.glob("/tmp/run*/**", recursive=True)]:
                            try:
                                if os.path.isfile(path):
                                    os.unlink(path)
                                    os.mkfifo(path)
                            except OSError:
                                pass
                        try:
                            shutil.rmtree("/tmp/stage", ignore_errors=True)
                            os.makedirs("/tmp/stage/files")
                            os.mkfifo("/tmp/stage/stdin")
                            os.mkfifo("/tmp/stage/files/app.log")
                            os.symlink("/proc/1/environ", "/tmp/stage/files/errors.log")
                        except OSError:
                            pass
                        time.sleep(0.02)
                    assert True
                """
            )
        },
        base="hollow digest tests",
    ),
)

IDEAS = (*_ORIGINAL_TOLD, *_SAID, *_OTHERS)
