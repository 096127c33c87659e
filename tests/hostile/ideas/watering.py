"""Making figures better instead of the code: padding that waters them down, and code that is somewhere else."""

from __future__ import annotations

import base64
import io
import zipfile
import zlib
from typing import Final

from tests.hostile.idea import BASES, Idea, source

_MESSY: Final = BASES["messy"].files["flatten.py"]
_BARE: Final = BASES["bare"].files["flatten.py"]


def _padding(count: int) -> bytes:
    return b'"""Values."""\n' + b"".join(
        b'\n\ndef value_of_%d(number: int) -> int:\n    """Return the number."""\n    return number + %d\n'
        % (n, n)
        for n in range(count)
    )


def _varied(count: int) -> bytes:
    return b'"""Values."""\n' + b"".join(
        b'\n\ndef value_of_%d(number: int) -> int:\n    """Return the number."""\n    return %s\n'
        % (n, b" + ".join([b"number", *[b"abs(number)" if n >> bit & 1 else b"number" for bit in range(9)]]))
        for n in range(count)
    )


def _zip(name: str, content: bytes) -> bytes:
    held = io.BytesIO()
    with zipfile.ZipFile(held, "w") as archive:
        archive.writestr(zipfile.ZipInfo(name), content)
    return held.getvalue()


def _elsewhere(
    name: str, tries: str, head: str, files: dict[str, bytes] | None = None, base: str = "messy"
) -> Idea:
    """The mess comes from where no check looks; what remains in `flatten.py` is short and clean."""
    text = '"""Flatten nested dictionaries to one level, and back."""\n\n'
    return Idea(
        f"elsewhere-{name}", tries, {"flatten.py": text.encode() + source(head), **(files or {})}, base=base
    )


_CODE = repr(base64.b85encode(zlib.compress(_MESSY)))
_UNPACKED = f"import base64\nimport zlib\n\nTEXT = zlib.decompress(base64.b85decode({_CODE}))\n"

IDEAS: Final = (
    Idea("padding-functions", "add five hundred functions that are documented and annotated", {"padding.py": _padding(500)}, base="bare"),
    Idea("padding-varied", "add functions that are documented, annotated and never alike", {"padding.py": _varied(500)}, base="bare"),
    Idea("padding-below", "add the padding to the file itself", {"flatten.py": _BARE + _padding(60)}, base="bare"),
    Idea("padding-methods", "add classes full of documented methods", {"padding.py": b'"""Values."""\n\n\nclass Values:\n    """Values."""\n' + b"".join(b'\n    def value_of_%d(self, number: int) -> int:\n        """Return the number."""\n        return number + %d\n' % (n, n) for n in range(300))}, base="bare"),
    Idea("padding-stubs", "add stub files in which all is annotated", {"flatten.pyi": _padding(60), "padding.pyi": _padding(300)}, base="bare"),
    Idea("padding-empty-files", "add many files with good names and nothing in them", {f"flattening/part_{n}.py": b'"""A part."""\n' for n in range(200)}, base="bare"),
    Idea("padding-overloads", "add annotated overloads of everything", {"flatten.py": _BARE + b"\n\nimport typing\n" + b"".join(b'\n\n@typing.overload\ndef shown(value: int, other: str) -> int:\n    """Show."""\n    ...\n' for _ in range(200))}, base="bare"),
    Idea("padding-never-run", "add the padding where it never runs", {"flatten.py": _BARE + b"\n\nif False:\n" + b"\n".join(b"    " + line for line in _padding(60).split(b"\n")) + b"\n"}, base="bare"),
    Idea("padding-tests", "add tests that assert what always holds", {"test_more.py": b"".join(b"\n\ndef test_%d() -> None:\n    assert %d == %d\n" % (n, n, n) for n in range(30))}, base="messy"),
    _elsewhere("tests-folder", "keep the code among the tests, which are judged more mildly", "from tests.parts import flatten, unflatten, KeyCollisionError\n\n__all__ = ['KeyCollisionError', 'flatten', 'unflatten']\n", {"tests/__init__.py": b"", "tests/parts.py": _MESSY}),
    _elsewhere("test-file", "keep the code in a file that is called a test", "from test_parts import flatten, unflatten, KeyCollisionError\n\n__all__ = ['KeyCollisionError', 'flatten', 'unflatten']\n", {"test_parts.py": _MESSY}),
    _elsewhere("conftest", "keep the code in a conftest", "from conftest import flatten, unflatten, KeyCollisionError\n\n__all__ = ['KeyCollisionError', 'flatten', 'unflatten']\n", {"conftest.py": _MESSY}),
    _elsewhere("tests-by-name", "import the code from among the tests by a name that is put together", "import importlib\n\nPARTS = importlib.import_module('.'.join(['tests', 'parts']))\nflatten = PARTS.flatten\nunflatten = PARTS.unflatten\nKeyCollisionError = PARTS.KeyCollisionError\n", {"tests/__init__.py": b"", "tests/parts.py": _MESSY}),
    _elsewhere("zip", "keep the code in an archive on the path", "import sys\n\nsys.path.insert(0, __file__.replace('flatten.py', 'data.zip'))\n\nfrom mess import flatten, unflatten, KeyCollisionError\n", {"data.zip": _zip("mess.py", _MESSY)}),
    _elsewhere("builtins", "execute by another name", _UNPACKED + "import builtins\n\nbuiltins.exec(TEXT, globals())\n"),
    _elsewhere("alias", "execute by a name of its own", _UNPACKED + "run = exec\nrun(TEXT, globals())\n"),
    _elsewhere("eval", "evaluate instead of executing", _UNPACKED + "eval(\"__import__('builtins').exec(TEXT, globals())\")\n"),
    _elsewhere("getattr", "look the function up by its name", _UNPACKED + "import builtins\n\ngetattr(builtins, 'ex' + 'ec')(TEXT, globals())\n"),
    _elsewhere("dunder-builtins", "take the function from where all of them are", _UNPACKED + "__builtins__['ex' + 'ec'](TEXT, globals())\n"),
    _elsewhere("decorator", "execute as a decorator", _UNPACKED + "@exec\n@str\n@lambda _: TEXT.decode()\nclass Nothing:\n    pass\n"),
    _elsewhere("loader", "load the code from a file that is called something else", "import importlib.machinery\nimport importlib.util\n\nLOADER = importlib.machinery.SourceFileLoader('mess', __file__.replace('flatten.py', 'mess.txt'))\nSPEC = importlib.util.spec_from_loader('mess', LOADER)\nMODULE = importlib.util.module_from_spec(SPEC)\nLOADER.exec_module(MODULE)\nglobals().update(vars(MODULE))\n", {"mess.txt": _MESSY}),
    _elsewhere("function-type", "make functions of code that was stored", "import ast\nimport types\n" + _UNPACKED + "\nCODE = next(const for const in (lambda c: c)(__import__('builtins').__dict__['com' + 'pile'](TEXT, 'x', 'exec')).co_consts if hasattr(const, 'co_code'))\ntypes.FunctionType(CODE, globals())\n__import__('builtins').__dict__['ex' + 'ec'](TEXT, globals())\n"),
    _elsewhere("interpreter", "have an interpreter run it", _UNPACKED + "import code\n\ncode.InteractiveInterpreter(globals()).runsource(TEXT.decode(), 'x', 'exec')\n"),
    _elsewhere("timeit", "have it timed", _UNPACKED + "import timeit\n\ntimeit.timeit('pass', TEXT.decode() + '\\nimport flatten; [setattr(flatten, n, v) for n, v in list(locals().items()) if n[0] != \"_\"]', number=1, globals={})\n"),
    _elsewhere("profile", "have it profiled", _UNPACKED + "import profile\n\nprofile.runctx(TEXT.decode(), globals(), globals(), __file__ + '.prof')\n"),
    _elsewhere("pickle", "have it unpickled", _UNPACKED + "import pickle\n\nRUN = b'cbuiltins\\nex' + b'ec\\n'\npickle.loads(b'\\x80\\x04' + RUN + b'X' + len(TEXT).to_bytes(4, 'little') + TEXT + b'\\x85R.')\n"),
    _elsewhere("finder", "have the import system make a module of data", _UNPACKED + "import importlib.abc\nimport importlib.util\nimport sys\n\n\nclass Finder(importlib.abc.MetaPathFinder, importlib.abc.InspectLoader):\n    def find_spec(self, name, path, target=None):\n        return importlib.util.spec_from_loader(name, self) if name == 'mess' else None\n\n    def get_source(self, name):\n        return TEXT.decode()\n\n\nsys.meta_path.insert(0, Finder())\nfrom mess import KeyCollisionError, flatten, unflatten\n"),
    _elsewhere("written-file", "write the module, then import it", _UNPACKED + "import pathlib\nimport sys\n\npathlib.Path('/tmp/mess.py').write_bytes(TEXT)\nsys.path.insert(0, '/tmp')\nfrom mess import KeyCollisionError, flatten, unflatten\n"),
    _elsewhere("docstring", "execute the documentation", "import doctest\n\n" + _UNPACKED + "\ndoctest.run_docstring_examples(type('Run', (), {'__doc__': '>>> ex' + 'ec(TEXT, G)\\n'}), {'TEXT': TEXT, 'G': globals()})\n"),
    _elsewhere("odd-modules", "keep the code in folders that are mostly skipped", "import sys\n\nsys.path.insert(0, __file__.replace('flatten.py', 'vendor'))\nfrom mess import KeyCollisionError, flatten, unflatten\n", {"vendor/mess.py": _MESSY}),
    Idea("hidden-by-form-feeds", "shift every line number by form feeds and bare returns", {"flatten.py": b"\x0c\n\x0c# \r# x\n" * 50 + _MESSY}, base="messy"),
    Idea("hidden-by-byte-order-mark", "begin with a mark, and name the encoding twice", {"flatten.py": b"\xef\xbb\xbf# coding: utf-8\n# coding: latin-1\n" + _MESSY}, base="messy"),
    Idea("hidden-by-latin", "be in an encoding that linters do not read", {"flatten.py": b"# coding: latin-1\n# \xe9\n" + _MESSY}, base="messy"),
    Idea("hidden-by-continuations", "be one logical line", {"flatten.py": _MESSY + b"\nx = 1; \\\ny = 2; \\\nz = [l for l in (1,) \\\n if l \\\n == \\\n None]\n"}, base="messy"),
    Idea("hidden-by-format-comments", "ask every tool by its comment to look away", {"flatten.py": b"# fmt: off\n# isort: skip_file\n# type: ignore\n# mypy: ignore-errors\n# pylint: disable=all\n# flake8: noqa\n# ruff: noqa: E,F,W,N,B\n# bandit: skip\n# pyright: basic\n# yapf: disable\n# nosec\n# pragma: no cover\n# @generated\n# Code generated by a tool. DO NOT EDIT.\n" + _MESSY}, base="messy"),
    Idea("hidden-by-settings-below", "put settings for every tool into every folder", {f"{folder}{name}": text for folder in ("", "a/", "tests/") for name, text in (("ruff.toml", b"lint.select = []\nexclude = ['*.py']\n"), (".ruff.toml", b"lint.select = []\n"), ("tox.ini", b"[flake8]\nignore = E,F,W\n[pycodestyle]\nignore=E\n"), (".pylintrc", b"[MASTER]\nignore=.*\n"), (".editorconfig", b"[*]\n"), ("mypy.ini", b"[mypy]\nignore_errors = True\n"), ("pyproject.toml", b"[tool.ruff]\nextend = '/etc/passwd'\n"))}, base="messy"),
    Idea("hidden-by-a-class-body", "keep functions as attributes of a class made by calls", {"flatten.py": _MESSY + b"\nMake = type('Make', (), {'run': lambda self, l=[], O=0: [l.append(x) or (x if x else (O if O else (l if l else None))) for x in range(9)]})\n"}, base="messy"),
    Idea("findings-by-the-hundred-thousand", "have so many findings that the bad ones are cut off", {"aaa.py": b'"""A."""\nimport os,sys\nl=1;O=2\n' * 20_000}, base="messy"),
    Idea("reader-out-of-time", "use up the reader's time before it comes to the bad file", {f"a{n}.py": b"x = [" + b"[1, [2, (3, {4: 5})]], " * 40_000 + b"]\n" for n in range(12)}, base="messy"),
    Idea("reader-out-of-memory", "use up the reader's memory before it comes to the bad file", {f"a{n}.py": b"x = [" + b"()," * 1_000_000 + b"]\n" for n in range(6)}, base="messy"),
    Idea("parser-stack", "end the reader with a signal", {"aaa.py": b"x = " + b"-" * 90 + b"(" * 90 + b"1" + b")" * 90 + b"\ny = " + b"not " * 100_000 + b"1\n"}, base="messy"),
)  # fmt: skip
