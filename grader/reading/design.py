"""How the parts hang together: abstractions with one use, modules in a circle, forgotten awaits."""

from __future__ import annotations

import ast
from collections import Counter
from collections.abc import Iterator, Sequence

from .remarks import Remark, remark_at, short
from .tree import Module

TOOL = "structure"
_ABSTRACT = frozenset({"ABC", "ABCMeta", "Protocol"})
_FRAMES = frozenset({"staticmethod"})


def check(module: Module) -> Iterator[Remark]:
    """What shows in one file."""
    if module.is_test:
        return
    yield from _never_awaited(module)


def check_together(modules: Sequence[Module]) -> Iterator[Remark]:
    """What shows only when all files are seen at once."""
    own = [module for module in modules if not module.is_test]
    yield from _bags_of_functions(own)
    yield from _single_use(own)
    yield from _circles(own)


def _is_a_bag_of_functions(made: ast.ClassDef) -> bool:
    """Two or more methods, all static, nothing else, and no base class that asks for it."""
    body = [
        node
        for node in made.body
        if not (isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant))
    ]
    if made.bases or made.keywords or made.decorator_list or len(body) < 2:
        return False
    return all(
        isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef))
        and any(getattr(decorator, "id", "") in _FRAMES for decorator in node.decorator_list)
        for node in body
    )


def _bags_of_functions(modules: Sequence[Module]) -> Iterator[Remark]:
    """Classes whose methods are all static, unless somebody hands the class around as an object."""
    handed_around = {
        node.id
        for module in modules
        for node in module.find(ast.Name)
        if isinstance(node.ctx, ast.Load) and not isinstance(module.parents[node], ast.Attribute)
    }
    for module in modules:
        for made in module.find(ast.ClassDef):
            if _is_a_bag_of_functions(made) and made.name not in handed_around:
                message = f"no method of {short(made.name)} uses an object; functions of a module do the same"
                yield remark_at(TOOL, "needless-class", module.path, made, message)


def _never_awaited(module: Module) -> Iterator[Remark]:
    """`save(order)` as a statement, where `save` is an `async def` of the same file: it never runs."""
    asynchronous = {
        function.simple_name
        for function in module.functions
        if isinstance(function.node, ast.AsyncFunctionDef)
        and function.owner is None
        and not function.node.decorator_list
    }
    plain = {
        function.simple_name for function in module.functions if isinstance(function.node, ast.FunctionDef)
    }
    for statement in module.find(ast.Expr):
        call = statement.value
        name = call.func.id if isinstance(call, ast.Call) and isinstance(call.func, ast.Name) else ""
        if name in asynchronous - plain:
            message = f"`{short(name)}()` is a coroutine and nobody awaits it: it never runs"
            yield remark_at(TOOL, "never-awaited", module.path, statement, message)


def _single_use(modules: Sequence[Module]) -> Iterator[Remark]:
    """An abstract class or protocol with one class behind it, and nobody else who could provide another."""
    heirs: Counter[str] = Counter()
    mentions: Counter[str] = Counter()
    for module in modules:
        for made in module.find(ast.ClassDef):
            heirs.update(_last(base) for base in made.bases)
        mentions.update(node.id for node in module.find(ast.Name) if isinstance(node.ctx, ast.Load))
        mentions.update(node.attr for node in module.find(ast.Attribute))
    for module in modules:
        for made in module.find(ast.ClassDef):
            bases = {_last(base) for base in made.bases} | {_last(k.value) for k in made.keywords}
            if "Protocol" in bases or not bases & _ABSTRACT or not _has_abstract_methods(made):
                continue
            if heirs[made.name] == 1 and mentions[made.name] <= 1:
                message = f"{short(made.name)} is abstract with one class behind it; leave it out until there are two"
                yield remark_at(TOOL, "single-use-abstraction", module.path, made, message)


def _last(node: ast.expr) -> str:
    node = node.value if isinstance(node, ast.Subscript) else node
    return str(getattr(node, "attr", getattr(node, "id", "")))


def _has_abstract_methods(made: ast.ClassDef) -> bool:
    return any(
        isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef))
        and any("abstract" in _last(decorator) for decorator in node.decorator_list)
        for node in made.body
    )


def _circles(modules: Sequence[Module]) -> Iterator[Remark]:
    """Two modules that import each other when they are loaded."""
    by_name = {_dotted(module.path): module for module in modules}
    wanted = {name: set(_imported(module, name, by_name)) for name, module in by_name.items()}
    for name, targets in sorted(wanted.items()):
        for target in sorted(targets):
            package = target.startswith(f"{name}.") or name.startswith(f"{target}.")
            if name < target and name in wanted[target] and not package:
                node = _import_of(by_name[target], name, target)
                message = f"`{short(target)}` and `{short(name)}` import each other: which one is the lower?"
                yield remark_at(TOOL, "import-cycle", by_name[target].path, node, message)


def _dotted(path: str) -> str:
    return path.removesuffix(".py").replace("/", ".").removesuffix(".__init__").removeprefix("src.")


def _imported(module: Module, name: str, known: dict[str, Module]) -> Iterator[str]:
    for _, target in _imports(module, name, known):
        yield target


def _import_of(module: Module, target: str, name: str) -> ast.AST:
    known = {target: module, name: module}
    return next(
        (node for node, found in _imports(module, name, known) if found == target), module.tree.body[0]
    )


def _imports(module: Module, name: str, known: dict[str, Module]) -> Iterator[tuple[ast.AST, str]]:
    """(statement, module of the submission) of each import that is done on loading."""
    package = name if module.path.endswith("__init__.py") else name.rpartition(".")[0]
    for node in module.tree.body:
        if isinstance(node, ast.Import):
            yield from ((node, alias.name) for alias in node.names if alias.name in known)
        elif isinstance(node, ast.ImportFrom):
            start = _parent(package, node.level - 1) if node.level else ""
            base = ".".join(part for part in (start, node.module or "") if part)
            for alias in node.names:
                target = f"{base}.{alias.name}".lstrip(".")
                if target in known:
                    yield node, target
                elif base in known and base != name and not known[base].path.endswith("__init__.py"):
                    yield node, base


def _parent(package: str, levels: int) -> str:
    for _ in range(levels):
        package = package.rpartition(".")[0]
    return package
