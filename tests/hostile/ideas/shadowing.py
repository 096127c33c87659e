"""Modules in place of ours, of pytest's and of the standard library's; builtins that lie."""

from __future__ import annotations

from tests.hostile.idea import Idea, at_import, solution, source

_LIES = b"def __getattr__(name):\n    return lambda *args, **kwargs: True\n"


def _files(*names: str, content: bytes = _LIES) -> dict[str, bytes]:
    return dict.fromkeys(names, content)


IDEAS = (
    Idea(
        "shadowed-standard-library",
        "be imported in place of it",
        _files(
            *(
                f"{name}.py"
                for name in [
                    "json",
                    "random",
                    "typing",
                    "struct",
                    "re",
                    "os",
                    "socket",
                    "dataclasses",
                    "copy",
                    "datetime",
                    "enum",
                    "ast",
                ]
            )
        ),
    ),
    Idea(
        "shadowed-pytest",
        "be imported in place of it",
        _files("pytest.py", "_pytest/__init__.py", "pluggy.py", "py.py", "xdist.py"),
    ),
    Idea(
        "shadowed-coverage",
        "be imported in place of it",
        _files("coverage.py", "coverage/__init__.py"),
        base="hollow tests",
    ),
    Idea(
        "shadowed-grader",
        "be imported in place of it",
        _files(
            "sandbox.py",
            "grader.py",
            "sandbox/__init__.py",
            "grader/scoring.py",
            "_reading/__init__.py",
            "radon.py",
            "ruff.py",
        ),
    ),
    Idea(
        "shadowed-inside",
        "be imported in place of the programs of the container",
        _files(
            "_inside/__init__.py",
            "_inside/keeper.py",
            "_inside/wire.py",
            "_inside/objects.py",
            "keeper.py",
            "wire.py",
            "values.py",
        ),
    ),
    Idea(
        "shadowed-suite",
        "be imported in place of the hidden tests",
        _files("test_flatten_hidden.py", "conftest.py", content=b"collect_ignore_glob = ['*']\n"),
    ),
    Idea(
        "module-and-package",
        "be one thing to the reader and another to Python",
        {
            "flatten/__init__.py": solution("import os\nos._exit(0)"),
            "flatten/__main__.py": b"",
            "flatten.pyi": b"flatten: object\n",
        },
    ),
    Idea(
        "lying-builtins",
        "change what everything is made of",
        at_import(
            """
            import builtins

            builtins.isinstance = lambda thing, kind: True
            builtins.issubclass = lambda thing, kind: True
            builtins.len = lambda thing: 1
            builtins.sorted = lambda things, **options: []
            builtins.open = lambda *args, **kwargs: None
            builtins.print = builtins.repr = builtins.id = lambda *args, **kwargs: "passed"
            builtins.all = builtins.any = lambda things: True
            builtins.AssertionError = builtins.Exception = KeyboardInterrupt
            builtins.__import__ = lambda *args, **kwargs: None
            """
        ),
    ),
    Idea(
        "deleted-builtins",
        "leave nothing to work with",
        at_import(
            "import builtins\nfor name in list(vars(builtins)):\n    if name not in ('__build_class__', '__name__'):\n        delattr(builtins, name)\n"
        ),
    ),
    Idea(
        "poisoned-modules",
        "let everyone import something else from now on",
        at_import(
            """
            import sys, types
            fake = types.ModuleType("fake")
            fake.__getattr__ = lambda name: (lambda *args, **kwargs: True)
            for name in list(sys.modules):
                if name not in ("builtins", "sys", __name__):
                    sys.modules[name] = fake
            sys.modules.setdefault("test_flatten_hidden", fake)
            """
        ),
    ),
    Idea(
        "import-hooks",
        "answer every later import",
        at_import(
            """
            import builtins, sys, types

            class Everything:
                def find_spec(self, name, path=None, target=None):
                    import importlib.machinery
                    return importlib.machinery.ModuleSpec(name, self)
                def create_module(self, spec):
                    module = types.ModuleType(spec.name)
                    module.__getattr__ = lambda name: (lambda *args, **kwargs: True)
                    return module
                def exec_module(self, module):
                    pass

            sys.meta_path.insert(0, Everything())
            sys.path_hooks.insert(0, lambda path: Everything())
            sys.path[:0] = ["/tmp", "."]
            sys.path_importer_cache.clear()
            """
        ),
    ),
    Idea(
        "patched-standard-library",
        "break what carries the values",
        at_import(
            """
            import json, os, socket, struct, threading, time, pickle, traceback

            json.dumps = json.loads = lambda *args, **kwargs: '{"outcome": "passed"}'
            struct.pack = lambda *args: b""
            os.write = os.read = lambda *args: 0
            socket.socket.sendall = socket.socket.recv = lambda *args: b""
            time.monotonic = time.perf_counter = time.time = lambda: 0.0
            time.sleep = lambda seconds: None
            traceback.format_exception = lambda *args, **kwargs: ["passed"]
            threading.Thread.start = lambda self: None
            """
        ),
    ),
    Idea(
        "patched-types",
        "change builtin types through C",
        at_import(
            """
            import ctypes, gc
            names = gc.get_referents(dict.__dict__)[0]
            names["__eq__"] = lambda self, other: True
            names["items"] = lambda self: []
            ctypes.pythonapi.PyType_Modified(ctypes.py_object(dict))
            """
        ),
    ),
    Idea(
        "small-numbers-swapped",
        "let 1 be 2",
        at_import(
            "import ctypes\nctypes.memmove(id(1) + 24, id(2) + 24, 4)\nctypes.memmove(id(False) + 24, id(True) + 24, 4)\n"
        ),
    ),
    Idea(
        "module-that-changes",
        "be the wrong module when it is read and another when it is run",
        {
            "flatten.py": source(
                """
                import pathlib
                pathlib.Path(__file__).write_text("flatten = unflatten = lambda *a, **k: {}\\nKeyCollisionError = ValueError\\n")
                exec(pathlib.Path(__file__).read_text())
                """
            )
        },
    ),
)
