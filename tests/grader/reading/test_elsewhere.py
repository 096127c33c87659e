"""Code that is not where it is read is no better than code that is."""

from __future__ import annotations

import pytest

from tests.grader.reading.conftest import Read

LOADS = "import importlib.util\nimport importlib.machinery\nimport runpy\nimport sys\nimport builtins\nimport types\n"


@pytest.mark.parametrize(
    "source",
    [
        "exec(text)\n",
        "run = exec\nrun(text)\n",
        "@exec\ndef text(): ...\n",
        "eval(compile(text, 'a', 'exec'))\n",
        "eval(open('a.txt').read())\n",
        "builtins.exec(text)\n",
        "getattr(builtins, 'ex' + 'ec')(text)\n",
        "__builtins__['exec'](text)\n",
        "__import__('builtins').exec(text)\n",
        "sys.modules['builtins'].exec(text)\n",
        "types.FunctionType(code, {})\n",
        "import marshal\nmarshal.loads(text)\n",
        "import code\ncode.InteractiveInterpreter().runsource(text)\n",
        "import timeit\ntimeit.timeit(text)\n",
        "import cProfile\ncProfile.run(text)\n",
        "runpy.run_path('a.txt')\n",
        "importlib.util.spec_from_file_location('a', 'a.txt')\n",
        "importlib.machinery.SourceFileLoader('a', 'a.txt')\n",
        "sys.meta_path.insert(0, finder)\n",
        "sys.path.insert(0, folder + '/data.zip')\n",
        "importlib.import_module('.'.join(['a', 'b']))\n",
        "import pickle\npickle.loads(b'cos' + text)\n",
    ],
)
def test_code_past_the_import_statement_is_unreadable(source: str, read_files: Read) -> None:
    """Code hidden in strings would otherwise have fewer findings than honest code."""
    unreadable = read_files({"a.py": LOADS + source})["unreadable"]
    assert [fact["name"] for fact in unreadable] == ["a.py"]


@pytest.mark.parametrize(
    "source",
    [
        "import re\nre.compile('a')\n",
        "def execute(compile_):\n    return compile_\n",
        "importlib.import_module('json')\n",
        "sys.path.insert(0, folder)\n",
        "import pickle\nwith open('a', 'rb') as file:\n    pickle.load(file)\n",
        "getattr(self, name)\n",
        "cursor.exec(statement)\n",
        "import timeit\ntimeit.default_timer()\n",
    ],
)
def test_honest_code_is_readable(source: str, read_files: Read) -> None:
    """Nobody loses points for a word."""
    assert read_files({"a.py": LOADS + source})["unreadable"] == []


@pytest.mark.parametrize("name", ["tests/parts.py", "test_parts.py", "conftest.py"])
def test_code_taken_from_among_the_tests_is_unreadable(name: str, read_files: Read) -> None:
    """Tests are judged more mildly than code."""
    module = name.removesuffix(".py").replace("/", ".")
    unreadable = read_files({"a.py": f"from {module} import flatten\n", name: "def flatten(): ...\n"})[
        "unreadable"
    ]
    assert [fact["name"] for fact in unreadable] == ["a.py"]


def test_tests_may_import_the_code_and_each_other(read_files: Read) -> None:
    """That is what tests do."""
    files = {
        "a.py": "import json\n",
        "tests/helper.py": "import a\n",
        "tests/test_a.py": "from tests import helper\n",
    }
    assert read_files({**files, "tests/__init__.py": ""})["unreadable"] == []
