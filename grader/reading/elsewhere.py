"""Code that is somewhere else than where it is read: made of text, loaded from data, or kept among the tests.

Whatever such a file hides would have fewer findings than honest code. So it counts as unreadable, and the measures
that are best at zero have no value for it.
"""

from __future__ import annotations

import ast
from collections.abc import Iterator, Sequence

from .tree import Module

MADE_OF_TEXT = "runs code that it makes of text (exec): what is not there to read cannot be judged"
LOADED = "loads code past the import statement: what is not there to read cannot be judged"
AMONG_TESTS = "takes code from among the tests, where it is not judged as code"

_RUN_TEXT = frozenset({"exec", "compile"})
_OF_TEXT = frozenset(
    {
        *("builtins.exec", "builtins.eval", "builtins.compile", "runpy.run_path", "types.CodeType"),
        *("types.FunctionType", "marshal.load", "marshal.loads", "code.InteractiveInterpreter"),
        *("code.InteractiveConsole", "code.interact", "codeop.compile_command", "codeop.CommandCompiler"),
        *("timeit.timeit", "timeit.repeat", "timeit.Timer", "profile.run", "profile.runctx", "cProfile.run"),
        *("cProfile.runctx", "trace.Trace", "pdb.run", "bdb.Bdb", "doctest.run_docstring_examples"),
        *("doctest.testfile", "doctest.DocTestParser", "doctest.DocTestRunner"),
    }
)
_LOADERS = frozenset(
    {
        *("importlib.machinery.SourceFileLoader", "importlib.machinery.SourcelessFileLoader"),
        *("importlib.machinery.ExtensionFileLoader", "importlib.util.spec_from_file_location"),
        *(
            "importlib.util.spec_from_loader",
            "importlib.util.module_from_spec",
            "importlib.abc.InspectLoader",
        ),
        *("importlib.abc.Loader", "importlib.abc.SourceLoader", "zipimport.zipimporter", "runpy.run_module"),
        *("sys.meta_path", "sys.path_hooks", "site.addsitedir", "pkgutil.ImpImporter", "imp.load_source"),
    }
)
_IMPORTERS = frozenset({"importlib.import_module", "importlib.__import__", "__import__"})
_PATH_CHANGES = frozenset({"sys.path.insert", "sys.path.append", "sys.path.extend"})


def reasons(module: Module) -> Iterator[str]:
    """Why what the file does cannot be read in it; nothing where it can."""
    names = {node.id for node in module.find(ast.Name) if isinstance(node.ctx, ast.Load)}
    dotted = {module.dotted(node) for node in module.find(ast.Name, ast.Attribute)}
    if (
        names & (_RUN_TEXT | {"__builtins__"})
        or dotted & _OF_TEXT
        or _looked_up(module)
        or _evaluates(module)
    ):
        yield MADE_OF_TEXT
    if (
        dotted & _LOADERS
        or _unpickles(module)
        or any(_is_hidden_import(module, c) for c in module.find(ast.Call))
    ):
        yield LOADED


def _looked_up(module: Module) -> bool:
    """A builtin by a name that may be put together."""
    for call in module.find(ast.Call):
        first = call.args[0] if call.args else None
        by_name = isinstance(call.func, ast.Name) and call.func.id in {"getattr", "vars"}
        if by_name and first is not None and module.dotted(first) == "builtins":
            return True
        if module.dotted(call.func) in _IMPORTERS and _is_builtins(first):
            return True
    return any(_is_builtins(node.slice) for node in module.find(ast.Subscript))


def _is_builtins(node: ast.expr | None) -> bool:
    return isinstance(node, ast.Constant) and node.value == "builtins"


def _evaluates(module: Module) -> bool:
    """`eval` of more than a plain value that came in: a text that is made here, or one that is long."""
    for call in module.find(ast.Call):
        if isinstance(call.func, ast.Name) and call.func.id == "eval" and call.args:
            text = call.args[0]
            if not isinstance(text, (ast.Name, ast.Attribute)):
                return True
    return False


def _unpickles(module: Module) -> bool:
    """Bytes that stand in the source, or are put together there, are code when they are unpickled."""
    return any(
        module.dotted(call.func) == "pickle.loads"
        and call.args
        and isinstance(call.args[0], (ast.BinOp, ast.Constant))
        for call in module.find(ast.Call)
    )


def _is_hidden_import(module: Module, call: ast.Call) -> bool:
    called = module.dotted(call.func)
    if called in _IMPORTERS:
        return not (call.args and isinstance(call.args[0], ast.Constant))
    return called in _PATH_CHANGES and any(
        isinstance(part, ast.Constant)
        and isinstance(part.value, str)
        and part.value.endswith((".zip", ".egg", ".whl", ".pyz", "/tmp"))  # noqa: S108 -- as text
        for argument in call.args
        for part in ast.walk(argument)
    )


def among_tests(modules: Sequence[Module]) -> Iterator[Module]:
    """The files that are no tests and import one of the submission's that is."""
    tests = {_name(module.path) for module in modules if module.is_test}
    tests |= {name.rpartition(".")[2] for name in tests}
    for module in modules:
        if not module.is_test and any(name in tests for name in _imported(module)):
            yield module


def _name(path: str) -> str:
    """The dotted name of the module at `path`."""
    return path.rpartition(".")[0].replace("/", ".").removesuffix(".__init__")


def _imported(module: Module) -> Iterator[str]:
    for node in module.find(ast.Import):
        yield from (alias.name for alias in node.names)
    for origin in module.find(ast.ImportFrom):
        yield origin.module or ""
        yield from (f"{origin.module or ''}.{alias.name}".lstrip(".") for alias in origin.names)
    for call in module.find(ast.Call):
        if module.dotted(call.func) in _IMPORTERS and call.args and isinstance(call.args[0], ast.Constant):
            yield str(call.args[0].value)
