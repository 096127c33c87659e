"""Habits that tell an unfinished or careless program: debug prints, secrets, old loops, commented-out code …"""

from __future__ import annotations

import ast
import itertools
import re
from collections.abc import Iterator

from .remarks import Remark, place, remark, remark_at, short
from .tree import Comment, Module, parse_quietly

TOOL = "structure"

DEBUGGERS = frozenset({"pdb.set_trace", "ipdb.set_trace", "breakpoint", "IPython.embed"})
DEBUG_TEXT = re.compile(
    r"^\W*(debug\b|here\b|got here|xxx|test\s*\d*$|>{2,}|-{3,}$|\*{3,}|={3,}$|#{3,})", re.IGNORECASE
)
BLOCKING = re.compile(
    r"^(time\.sleep|requests\.(get|post|put|patch|delete|head|options|request)|urllib\.request\.urlopen"
    r"|httpx\.(get|post|put|patch|delete|head|options|request)|psycopg2\.connect|smtplib\.SMTP"
    r"|subprocess\.(run|call|check_call|check_output)|os\.system|input|socket\.create_connection)$"
)
TODO = re.compile(r"^#+\s*(TODO|FIXME|XXX|HACK)\b")
PERSONAL_PATH = re.compile(r"^(/Users/\w|/home/\w|[A-Za-z]:\\Users\\)")
KNOWN_SECRET = re.compile(
    r"(AKIA[0-9A-Z]{16}\b|ghp_[A-Za-z0-9]{30,}|github_pat_\w{30,}|glpat-[\w-]{18,}|xox[bp]-[\w-]{10,}"
    r"|eyJ[\w-]{10,}\.eyJ[\w-]{10,}\.[\w-]{10,}|\w+://\w+:(?!pass|secret|test|user|postgres|example)[^\s/{}<$%:@]{6,}@"
    r"|sk-[A-Za-z0-9_-]{20,}|AIza[\w-]{30,}|-----BEGIN [A-Z ]*PRIVATE KEY-----\s*\S)"
)
SECRET_NAME = re.compile(
    r"(^|_)(password|passwd|pwd|secret|secret_?key|api_?key|access_?token|auth_?token|private_?key)$",
    re.IGNORECASE,
)
PLACEHOLDER = re.compile(
    r"change|example|dummy|placeholder|your|test|xxx|<|\{|\*\*|\.\.\.|secret|password|none", re.IGNORECASE
)
CODE_LINE = re.compile(
    r"^(import \w[\w.]*$|from [\w.]+ import \w|def \w+\(.*\):|class \w+.*:$|return\b|raise \w|for \w.* in .+:$"
    r"|(el)?if .+:$|else:$|try:$|except.*:$|while .+:$|with .+:$|[\w.\[\]'\"]+ ?[+-]?= ?\S|[\w.]+\(.*\)$|assert \w)"
)


def check(module: Module) -> Iterator[Remark]:
    """All findings of this kind in one file."""
    for call in module.find(ast.Call):
        yield from _call(module, call)
    for constant in module.find(ast.Constant):
        if isinstance(constant.value, str):
            yield from _text(module, constant)
    for loop in module.find(ast.For):
        yield from _index_loop(module, loop)
    yield from _secrets(module)
    yield from _comments(module)


def _call(module: Module, call: ast.Call) -> Iterator[Remark]:
    name = module.dotted(call.func)
    function = module.within.get(call)
    if name in DEBUGGERS:
        yield remark_at(
            TOOL, "debugger-left", module.path, call, f"{name}() stops the program for a debugger"
        )
    if name == "print" and not module.is_test and _is_debug_print(call):
        yield remark_at(TOOL, "debug-print", module.path, call, "a print to look at values while developing")
    if function is not None and isinstance(function.node, ast.AsyncFunctionDef) and BLOCKING.match(name):
        message = f"{name}() stops every other task while it waits; use an awaitable or a thread"
        yield remark_at(TOOL, "blocking-in-async", module.path, call, message)
    if isinstance(call.func, ast.Attribute) and not module.is_test:
        yield from _whole_file(module, call, call.func.attr)


def _is_debug_print(call: ast.Call) -> bool:
    if not call.args or any(keyword.arg == "file" for keyword in call.keywords):
        return False
    first = call.args[0]
    if isinstance(first, ast.JoinedStr):
        # f"{value=}" parses to the text "value=" followed by the value shown with repr().
        pairs = itertools.pairwise(first.values)
        if any(_is_echo(text, value) for text, value in pairs):
            return True
        first = first.values[0] if first.values else first
    return (
        isinstance(first, ast.Constant)
        and isinstance(first.value, str)
        and bool(DEBUG_TEXT.match(first.value[:80]))
    )


def _is_echo(text: ast.expr, value: ast.expr) -> bool:
    return (
        isinstance(text, ast.Constant)
        and isinstance(text.value, str)
        and isinstance(value, ast.FormattedValue)
        and isinstance(value.value, ast.Name)
        and text.value.endswith(f"{value.value.id}=")
        and value.conversion == ord("r")
    )


def _whole_file(module: Module, call: ast.Call, method: str) -> Iterator[Remark]:
    """A file read as a whole only to go through it line by line."""
    parent = module.parents.get(call)
    looped = isinstance(parent, (ast.For, ast.comprehension)) and parent.iter is call
    function = module.within.get(call)
    wraps = function is not None and function.simple_name == method
    if method == "readlines" and looped and not wraps:
        message = "readlines() holds the whole file; iterate over the file itself"
        yield remark_at(TOOL, "whole-file-read", module.path, call, message)
    passed = isinstance(parent, ast.Call) and parent.func is not call
    if method in {"splitlines", "split"} and (looped or passed) and _splits_a_file(call):
        message = "the whole file is read to go through its lines; iterate over the file itself"
        yield remark_at(TOOL, "whole-file-read", module.path, call, message)


def _splits_a_file(call: ast.Call) -> bool:
    """`file.read().splitlines()`, or split at the ends of lines."""
    read = call.func.value if isinstance(call.func, ast.Attribute) else None
    if not (isinstance(read, ast.Call) and isinstance(read.func, ast.Attribute) and not read.args):
        return False
    by_line = any(isinstance(end, ast.Constant) and end.value in {"\n", b"\n"} for end in call.args)
    lines = by_line or (isinstance(call.func, ast.Attribute) and call.func.attr == "splitlines")
    return lines and read.func.attr == "read"


def _index_loop(module: Module, loop: ast.For) -> Iterator[Remark]:
    """`for i in range(len(xs))` where i serves for nothing but xs[i]."""
    call = loop.iter
    if not (isinstance(call, ast.Call) and isinstance(call.func, ast.Name) and call.func.id == "range"):
        return
    length = call.args[0] if len(call.args) == 1 else None
    if not (isinstance(length, ast.Call) and isinstance(length.func, ast.Name) and length.func.id == "len"):
        return
    sequence = length.args[0] if length.args else None
    function = module.within.get(loop)
    if not (isinstance(sequence, ast.Name) and isinstance(loop.target, ast.Name) and function is not None):
        return
    last = loop.end_lineno or loop.lineno
    uses = [use for use in function.uses.get(loop.target.id, ()) if loop.lineno < use.lineno <= last]
    if uses and all(_reads_item(module, use, sequence.id) for use in uses):
        message = f"the index is only used to read `{short(sequence.id)}`; iterate over it"
        yield remark_at(TOOL, "range-len", module.path, loop, message)


def _reads_item(module: Module, use: ast.Name, sequence: str) -> bool:
    parent = module.parents[use]
    return (
        isinstance(parent, ast.Subscript)
        and parent.slice is use
        and isinstance(parent.ctx, ast.Load)
        and isinstance(parent.value, ast.Name)
        and parent.value.id == sequence
    )


def _text(module: Module, constant: ast.Constant) -> Iterator[Remark]:
    text = str(constant.value)[:4000]
    if KNOWN_SECRET.search(text):
        message = "this looks like a real key; it belongs in the environment, and has to be revoked"
        yield remark_at(TOOL, "secret-in-code", module.path, constant, message)
    if (
        not module.is_test
        and PERSONAL_PATH.match(text)
        and isinstance(module.parents.get(constant), (ast.Assign, ast.Call))
    ):
        message = "a path of one person's machine"
        yield remark_at(TOOL, "personal-path", module.path, constant, message)


def _secrets(module: Module) -> Iterator[Remark]:
    """`password = "hunter2!"` and the like, tests left out."""
    if module.is_test:
        return
    bindings: list[ast.Assign | ast.AnnAssign | ast.keyword]
    bindings = [*module.find(ast.Assign), *module.find(ast.AnnAssign), *module.find(ast.keyword)]
    for node in bindings:
        value = node.value
        targets = node.targets if isinstance(node, ast.Assign) else [getattr(node, "target", None)]
        names = (
            [node.arg or ""] if isinstance(node, ast.keyword) else [_last_name(target) for target in targets]
        )
        if any(SECRET_NAME.search(name) for name in names) and _looks_secret(value):
            message = "a secret in the code; read it from the environment"
            yield remark_at(TOOL, "secret-in-code", module.path, node, message)


def _last_name(target: ast.AST | None) -> str:
    if isinstance(target, ast.Attribute):
        return target.attr
    return target.id if isinstance(target, ast.Name) else ""


def _looks_secret(value: ast.expr | None) -> bool:
    if not (isinstance(value, ast.Constant) and isinstance(value.value, str)):
        return False
    text = value.value
    mixed = any(character.isdigit() for character in text) or any(
        not c.isalnum() and c not in "_-./ " for c in text
    )
    return 6 <= len(text) <= 200 and " " not in text and mixed and not PLACEHOLDER.search(text)


def _comments(module: Module) -> Iterator[Remark]:
    block: list[Comment] = []
    for comment in module.comments:
        if TODO.match(comment.text) and not module.is_test:
            yield remark(TOOL, "todo-left", place(module.path, comment.line), short(comment.text))
        if block and not (comment.alone and comment.line == block[-1].line + 1):
            yield from _commented_out(module, block)
            block = []
        if comment.alone:
            block.append(comment)
    yield from _commented_out(module, block)


def _commented_out(module: Module, block: list[Comment]) -> Iterator[Remark]:
    """Comment lines that are all code: two or more of them, or a single statement that is nothing else."""
    texts = [comment.text.lstrip("#") for comment in block if comment.text.strip("# ")]
    if (
        not texts
        or max(map(len, texts)) > 200
        or not all(CODE_LINE.match(text.strip()) or text.startswith("    ") for text in texts)
    ):
        return
    stripped = [text.removeprefix(" ") for text in texts]
    single = len(texts) == 1
    if single and not re.match(
        r"(print\(|import \w|from \w\S* import|return \w+[.(\[]|\w+ = \w+\(.*\)$)", stripped[0].strip()
    ):
        return
    if _parses(stripped):
        spot = place(module.path, block[0].line, end_line=block[-1].line)
        message = "code in a comment: version control keeps what was there before"
        yield remark(TOOL, "commented-out-code", spot, message)


def _parses(lines: list[str]) -> bool:
    source = "\n".join(lines[:50])
    # `return` outside a function parses; a header without its body does not, so it gets one.
    for attempt in (source, f"{source}\n    pass", f"{source.strip()}\n    pass"):
        try:
            tree = parse_quietly(attempt.strip("\n"))
        except (SyntaxError, ValueError, MemoryError, RecursionError):
            continue
        return any(not isinstance(node, ast.Expr) or isinstance(node.value, ast.Call) for node in tree.body)
    return False
