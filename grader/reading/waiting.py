"""Waiting for others: calls without a time-out, and attempts that are repeated without end, pause or jitter."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator, Mapping

from .handling import caught, inside, is_broad
from .remarks import Remark, remark_at, short
from .tree import Function, Module

TOOL = "handling"
_VERBS = ("get", "post", "put", "patch", "delete", "head", "options", "request")
# Calls that wait for ever by default → how many positional arguments bring them to their timeout.
WAITING = {
    **{f"requests.{verb}": 99 for verb in _VERBS},
    "urllib.request.urlopen": 3,
    "socket.create_connection": 2,
    "http.client.HTTPConnection": 3,
    "http.client.HTTPSConnection": 99,
    "smtplib.SMTP": 99,
    "ftplib.FTP": 99,
    "subprocess.run": 99,
    "subprocess.call": 99,
    "subprocess.check_call": 99,
    "subprocess.check_output": 99,
}
ASKS_OTHERS = frozenset(
    {
        *("curl", "wget", "ssh", "scp", "sftp", "rsync", "ping", "nc", "telnet", "dig", "nslookup"),
        *("clone", "fetch", "pull", "push", "ls-remote", "install", "download", "submodule"),
        *("docker", "kubectl", "aws", "gcloud", "az", "heroku", "psql", "mysql", "redis-cli"),
    }
)
"""Programs, and commands of programs (`git clone`, `pip install`), that wait for another machine or process."""
SWITCHABLE = re.compile(
    r"^httpx\.(Client|AsyncClient|stream|get|post|put|patch|delete|head|options|request)$"
)
"""These have a time-out of their own, unless the caller takes it away."""
SESSIONS = frozenset({"requests.Session", "requests.session"})
RETRIED = frozenset(
    {
        *("OSError", "IOError", "ConnectionError", "TimeoutError", "RequestException", "HTTPError"),
        *("URLError", "ConnectionResetError", "ConnectionRefusedError", "Timeout", "TransportError"),
        *(
            "ConnectTimeout",
            "ReadTimeout",
            "ConnectError",
            "TimeoutException",
            "ClientError",
            "ClientConnectorError",
        ),
    }
)
ATTEMPT = re.compile(r"(^|_)(attempts?|retr(y|ies)|tries|try|tried)(_|$)")
PAUSE = re.compile(r"(sleep|wait|pause|delay|backoff|back_off)", re.IGNORECASE)
ARITHMETIC = frozenset({"min", "max", "pow", "math pow", "pow math", "float", "int", "round"})
RANDOM = re.compile(r"(random|jitter|uniform|backoff|back_off|betavariate|randint)", re.IGNORECASE)


def check(module: Module) -> Iterator[Remark]:
    """All findings of this kind in one file; test files are not asked."""
    if module.is_test:
        return
    sessions = _session_names(module)
    for call in module.find(ast.Call):
        yield from _call(module, call, sessions)
    if _waits_on_bare_sockets(module):
        message = "reads from a socket that has no time-out; call settimeout() on it"
        yield remark_at(TOOL, "missing-timeout", module.path, _first_receive(module), message)
    for loop in module.find(ast.While):
        yield from _endless_retry(module, loop)
    loops: list[ast.While | ast.For] = [*module.find(ast.While), *module.find(ast.For)]
    for repeated in loops:
        yield from _hurried_retry(module, repeated)


def _call(module: Module, call: ast.Call, sessions: frozenset[str]) -> Iterator[Remark]:
    name = module.dotted(call.func)
    given = {keyword.arg: keyword.value for keyword in call.keywords}
    if name in WAITING:
        starred = any(isinstance(argument, ast.Starred) for argument in call.args)
        by_position = starred or len(call.args) >= WAITING[name]
        switched_off = _is_none(given.get("timeout")) and not name.startswith("subprocess.")
        if name.startswith("subprocess.") and not (
            _takes_output(module, name, given) and _may_ask_others(module, call)
        ):
            return  # a person is at it (an editor, a pager), or it asks nobody (`git rev-parse`)
        if switched_off or not ({"timeout", None} & given.keys() or by_position):
            yield _waits(module, call, name)
    elif SWITCHABLE.match(name) and _is_none(given.get("timeout")):
        yield _waits(module, call, name)
    elif isinstance(call.func, ast.Attribute) and call.func.attr in _VERBS:
        owner = call.func.value
        kept = owner.attr if isinstance(owner, ast.Attribute) else getattr(owner, "id", "")
        if kept in sessions and not {"timeout", None} & given.keys():
            yield _waits(module, call, f"{short(kept)}.{call.func.attr}")


def _takes_output(module: Module, name: str, given: Mapping[str | None, ast.expr]) -> bool:
    piped = any(
        module.dotted(given[stream]) == "subprocess.PIPE"
        for stream in ("stdout", "stderr")
        if stream in given
    )
    return name.endswith("check_output") or "capture_output" in given or piped


def _may_ask_others(module: Module, call: ast.Call) -> bool:
    """A program that is spelled out is known to talk to others or not to; any other may do so."""
    command = call.args[0] if call.args else None
    function = module.within.get(call)
    if isinstance(command, ast.Name) and function is not None:
        made = [node for node in function.find(ast.Assign) if command.id in _targets(node)]
        command = made[0].value if len(made) == 1 else command
    if not isinstance(command, (ast.List, ast.Tuple)):
        return True
    said = [part.value for part in command.elts if isinstance(part, ast.Constant)]
    return any(isinstance(word, str) and word.rpartition("/")[2] in ASKS_OTHERS for word in said)


def _targets(node: ast.Assign) -> set[str]:
    return {target.id for target in node.targets if isinstance(target, ast.Name)}


def _waits(module: Module, call: ast.Call, name: str) -> Remark:
    message = f"{name}() waits for ever when the other side does not answer; pass timeout="
    return remark_at(TOOL, "missing-timeout", module.path, call, message)


def _is_none(value: ast.expr | None) -> bool:
    return isinstance(value, ast.Constant) and value.value is None


def _session_names(module: Module) -> frozenset[str]:
    """Names and attributes that hold a session of requests, which has no time-out of its own."""
    if "requests" not in module.imports.values() and not SESSIONS & set(module.imports.values()):
        return frozenset()
    found: set[str] = set()
    for node in module.find(ast.Assign):
        if isinstance(node.value, ast.Call) and module.dotted(node.value.func) in SESSIONS:
            found.update(getattr(target, "attr", getattr(target, "id", "")) for target in node.targets)
    for item in module.find(ast.withitem):
        if isinstance(item.context_expr, ast.Call) and module.dotted(item.context_expr.func) in SESSIONS:
            found.add(getattr(item.optional_vars, "id", ""))
    return frozenset(found - {""})


def _waits_on_bare_sockets(module: Module) -> bool:
    """The file makes sockets, connects or reads them, and never says how long to wait."""
    if "socket.socket" not in {module.dotted(call.func) for call in module.find(ast.Call)}:
        return False
    used = {node.attr for node in module.find(ast.Attribute)}
    told = used & {"settimeout", "setblocking", "setdefaulttimeout", "select", "register", "sock_recv"}
    return bool(used & {"recv", "recvfrom"}) and not told


def _first_receive(module: Module) -> ast.AST:
    reads = [node for node in module.find(ast.Attribute) if node.attr in {"recv", "recvfrom"}]
    return min(reads, key=lambda node: node.lineno)


def _endless_retry(module: Module, loop: ast.While) -> Iterator[Remark]:
    """`while True: try: …; return/break  except <network, file or any error>: go round again`, without a limit."""
    if not (isinstance(loop.test, ast.Constant) and loop.test.value):
        return
    for node in loop.body:
        if not isinstance(node, ast.Try) or any(isinstance(part, ast.Raise) for part in inside(loop.body)):
            continue
        if _is_repeated(node):
            message = "tries again for ever; give up after a number of attempts and let the error out"
            yield remark_at(TOOL, "endless-retry", module.path, loop, message)


def _is_repeated(node: ast.Try) -> bool:
    """The loop around this `try` ends when it succeeds, and goes round when others do not answer."""
    leaves = any(isinstance(part, (ast.Return, ast.Break)) for part in inside([*node.body, *node.orelse]))
    asks_a_person = any(isinstance(part, ast.Name) and part.id == "input" for part in inside(node.body))
    if not leaves or asks_a_person:
        return False
    return any(
        (is_broad(handler) or not RETRIED.isdisjoint(caught(handler)))
        and not _leaves(handler.body)
        and not _is_turned_into_another(handler)
        for handler in node.handlers
    )


def _leaves(block: list[ast.stmt]) -> bool:
    """Whatever happens in it, the block does not go round again."""
    last = block[-1]
    if isinstance(last, ast.If) and last.orelse:
        return _leaves(last.body) and _leaves(last.orelse)
    return isinstance(last, (ast.Return, ast.Break, ast.Raise))


def _is_turned_into_another(handler: ast.ExceptHandler) -> bool:
    """`self._convert_error(error)` raises, by its name."""
    return any(
        isinstance(part, ast.Call)
        and re.search(r"convert|raise|translate|wrap|reraise", _called(part).lower())
        for part in inside(handler.body)
    )


def _hurried_retry(module: Module, loop: ast.While | ast.For) -> Iterator[Remark]:
    """Attempts that follow one another at once, at one pace, or at the pace of all other clients."""
    if not _counts_attempts(loop) or not any(
        isinstance(node, ast.Try) and _is_repeated(node) for node in loop.body
    ):
        return
    pauses = [call for call in _calls(loop) if PAUSE.search(_called(call))]
    if not pauses:
        message = "tries again at once; wait between two attempts, longer each time"
        yield remark_at(TOOL, "retry-without-pause", module.path, loop, message)
    elif all(_is_constant_pause(loop, call) for call in pauses):
        message = "waits equally long before each attempt; wait longer each time, up to a limit"
        yield remark_at(TOOL, "retry-without-backoff", module.path, loop, message)
    elif not _is_random(module, loop, pauses):
        message = "all clients that failed together come back together; add a random part to the wait"
        yield remark_at(TOOL, "retry-without-jitter", module.path, loop, message)


def _counts_attempts(loop: ast.While | ast.For) -> bool:
    """Not a walk over mirrors or files: those go on to the next."""
    if isinstance(loop, ast.While):
        return True
    called = loop.iter.func if isinstance(loop.iter, ast.Call) else None
    name = getattr(called, "attr", getattr(called, "id", ""))
    target = loop.target.id if isinstance(loop.target, ast.Name) else ""
    return name in {"range", "count"} and not (
        isinstance(loop.target, ast.Name) and _is_an_index(loop, target)
    )


def _is_an_index(loop: ast.For, name: str) -> bool:
    """`for i in range(…)` that reads the i-th of something is a walk."""
    return any(
        isinstance(part, ast.Subscript) and isinstance(part.slice, ast.Name) and part.slice.id == name
        for part in inside(loop.body)
    ) and not ATTEMPT.search(name)


def _calls(loop: ast.While | ast.For) -> Iterator[ast.Call]:
    return (part for part in inside(loop.body) if isinstance(part, ast.Call))


def _called(call: ast.Call) -> str:
    """The name of what is called; of `(sleep or time.sleep)(…)` all of them."""
    parts = ast.walk(call.func)
    return " ".join(getattr(part, "attr", getattr(part, "id", "")) for part in parts)


def _is_constant_pause(loop: ast.While | ast.For, call: ast.Call) -> bool:
    if not call.args:
        return False
    changed = {
        part.id for part in ast.walk(loop) if isinstance(part, ast.Name) and isinstance(part.ctx, ast.Store)
    }
    seconds = call.args[0]
    return isinstance(seconds, ast.Constant) or (
        isinstance(seconds, (ast.Name, ast.Attribute)) and getattr(seconds, "id", "") not in changed
    )


def _is_random(module: Module, loop: ast.While | ast.For, pauses: list[ast.Call]) -> bool:
    """A random part somewhere in the function, or a wait that is worked out elsewhere."""
    function: Function | None = module.within.get(loop)
    parts = function.nodes if function is not None else list(ast.walk(loop))
    names = (getattr(part, "attr", getattr(part, "id", "")) for part in parts)
    if any(isinstance(name, str) and RANDOM.search(name) for name in names):
        return True
    waits = {part.id for call in pauses for part in ast.walk(call) if isinstance(part, ast.Name)}
    made = [
        part.value
        for part in parts
        if isinstance(part, ast.Assign) and waits & {getattr(target, "id", "") for target in part.targets}
    ]
    given = [argument for call in pauses for argument in call.args]
    return any(
        isinstance(part, ast.Call) and _called(part) not in ARITHMETIC
        for expression in [*made, *given]
        for part in ast.walk(expression)
    )
