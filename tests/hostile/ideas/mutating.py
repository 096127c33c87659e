"""Own tests that notice that their code was changed, and not what it does differently."""

from __future__ import annotations

from typing import Final

from tests.hostile.idea import BASES, Idea, source

_HOLLOW: Final = BASES["hollow tests"].files["test_flatten.py"]


def _told(name: str, tries: str, conftest: str) -> Idea:
    """The hollow tests, with a fixture for each of them that says whether the code is as it was."""
    return Idea(
        name, tries, {"test_flatten.py": _HOLLOW, "conftest.py": source(conftest)}, base="hollow tests"
    )


IDEAS = (
    _told(
        "mutant-told-by-its-file",
        "fail when the file is not the one that was handed in",
        """
        import hashlib

        import flatten
        import pytest

        KNOWN = hashlib.sha256(open("flatten.py", "rb").read()).hexdigest()


        @pytest.fixture(autouse=True)
        def same():
            yield
            assert hashlib.sha256(open(flatten.__file__, "rb").read()).hexdigest() == KNOWN
        """,
    ),
    _told(
        "mutant-told-by-its-code",
        "fail when a function has other instructions than when it was imported",
        """
        import flatten
        import pytest


        def codes():
            functions = [value for value in vars(flatten).values() if callable(value)]
            return [getattr(getattr(one, "__co" + "de__", None), "co_" + "code", None) for one in functions]


        KNOWN = codes()


        @pytest.fixture(autouse=True)
        def same():
            yield
            assert codes() == KNOWN
        """,
    ),
    _told(
        "mutant-told-by-its-process",
        "fail in any process but the one in which the tests were collected",
        """
        import os

        import pytest

        COLLECTED = os.getpid()


        @pytest.fixture(autouse=True)
        def same():
            assert os.getpid() == COLLECTED
        """,
    ),
    _told(
        "mutant-told-by-the-tracer",
        "fail when nothing measures which lines run",
        """
        import sys

        import pytest


        @pytest.fixture(autouse=True)
        def measured():
            monitoring = getattr(sys, "moni" + "toring")
            assert getattr(sys, "get" + "trace")() or any(monitoring.get_tool(n) for n in range(6))
        """,
    ),
    _told(
        "mutant-told-by-counting",
        "fail from the second run on",
        """
        import pathlib

        import pytest

        COUNT = pathlib.Path("/tmp/runs")
        with COUNT.open("a") as file:
            file.write("x")


        @pytest.fixture(autouse=True)
        def first():
            with COUNT.open("a") as file:
                file.write("x")
            assert len(COUNT.read_text()) < 10
        """,
    ),
    _told(
        "mutant-told-by-a-die",
        "fail at random, now and then",
        """
        import os

        import pytest


        @pytest.fixture(autouse=True)
        def lucky():
            assert os.urandom(1)[0] > 100
        """,
    ),
    _told(
        "mutant-told-by-its-folder",
        "hang where the submission does not lie where it lay before",
        """
        import os
        import time

        import pytest


        @pytest.fixture(autouse=True)
        def home():
            if not os.getcwd().endswith("submission"):
                time.sleep(4)
        """,
    ),
    _told(
        "mutant-told-to-the-runner",
        "say on every line that leads out of the process that the change was noticed, and leave",
        """
        import os
        import socket

        import pytest

        COLLECTED = os.getpid()


        @pytest.fixture(autouse=True)
        def told():
            if os.getpid() != COLLECTED:
                for number in range(3, 64):
                    try:
                        socket.socket(fileno=os.dup(number)).sendall(b'{"verdict": "killed"}\\n')
                    except OSError:
                        pass
                os._exit(0)
        """,
    ),
)
