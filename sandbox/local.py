r"""The fixtures of hidden suites without a sandbox: for authors and benchmarks, with **trusted code only**.

A pytest plugin that offers `run`, `faults`, `client` and `base_url` as the grading seat does, and lets `import` find
the submission. Nothing is isolated: the code runs as you, on your machine. Never point it at strangers' code.

    pytest -p sandbox.local --submission rubrics/error-digest/reference rubrics/error-digest/hidden_tests
    pytest -p sandbox.local --submission rubrics/inventory-api/reference --start "python app.py" \
        --overlay rubrics/inventory-api/broken/oversell rubrics/inventory-api/hidden_tests

The submission is copied first, with the overlays on top, so nothing is written into the folders given. What
differs from the sandbox: no limit on memory, disk or output (`out_of_memory` is always False), no network
barrier, and servers share the machine's ports. Times are seconds, sizes are bytes.
"""

from __future__ import annotations

import importlib
import json
import os
import shlex
import shutil
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

import pytest

from sandbox.inside.command_result import CommandResult
from sandbox.inside.faults import Faults

START_SECONDS = 30.0
_IGNORED = shutil.ignore_patterns("__pycache__", ".git", ".pytest_cache", "*.pyc")
_FOLDER = pytest.StashKey["tempfile.TemporaryDirectory[str]"]()

# A process inherits the peak memory of the one that started it (Linux keeps the larger of the two at exec),
# so a command started by pytest itself would never seem to need less than pytest. This stands between.
_LAUNCHER = """
import json, os, signal, sys
report, seconds, *command = sys.argv[1:]
timed_out = []
def end(signum, frame):
    timed_out.append(signum)
    os.killpg(pid, signal.SIGKILL)
try:
    pid = os.posix_spawnp(command[0], command, os.environ, setpgroup=0)
except OSError as error:
    sys.stderr.write(f"{command[0]}: {error.strerror}\\n")
    sys.exit(127)
signal.signal(signal.SIGALRM, end)
signal.setitimer(signal.ITIMER_REAL, float(seconds))
_, status, usage = os.wait4(pid, 0)
with open(report, "w") as file:
    json.dump({
        "exit_code": os.waitstatus_to_exitcode(status),
        "cpu_seconds": usage.ru_utime + usage.ru_stime,
        "peak_memory_bytes": usage.ru_maxrss * 1024,
        "timed_out": bool(timed_out),
    }, file)
"""


def pytest_addoption(parser: pytest.Parser) -> None:
    group = parser.getgroup("sandbox.local", "hidden suites against trusted code, without a sandbox")
    group.addoption("--submission", metavar="DIR", type=Path, help="folder with the code under test")
    group.addoption(
        "--overlay", metavar="DIR", type=Path, action="append", default=[],
        help="folder whose files replace those of the submission (repeatable)",
    )  # fmt: skip
    group.addoption("--start", metavar="COMMAND", help='starts the server, such as "python app.py"')
    group.addoption("--port", type=int, default=0, help="PORT for the server (default: one that is free)")
    group.addoption("--ready", metavar="PATH", default="/", help="any answer here means ready (default: /)")


def pytest_configure(config: pytest.Config) -> None:
    config.addinivalue_line("markers", "criterion(id): the rubric criterion that this test is evidence for")
    config.addinivalue_line(
        "markers", "workload(name): its use of processor and memory is compared (not here)"
    )
    submission: Path | None = config.getoption("submission")
    if submission is None:
        raise pytest.UsageError("-p sandbox.local needs --submission DIR, a folder with code that you trust")
    folders = [submission, *config.getoption("overlay")]
    for folder in folders:
        if not folder.is_dir():
            raise pytest.UsageError(f"{folder} is not a folder: --submission and --overlay take folders")
    copy = tempfile.TemporaryDirectory(prefix="submission-", ignore_cleanup_errors=True)
    config.stash[_FOLDER] = copy
    for folder in folders:
        shutil.copytree(folder, copy.name, ignore=_IGNORED, dirs_exist_ok=True)
    sys.path.insert(0, copy.name)


def pytest_unconfigure(config: pytest.Config) -> None:
    copy = config.stash.get(_FOLDER, None)
    if copy is not None:
        sys.path.remove(copy.name)
        copy.cleanup()


@pytest.fixture
def run(pytestconfig: pytest.Config, tmp_path: Path) -> Callable[..., CommandResult]:
    """Run commands in fresh copies of the submission: `run(["python", "digest.py"], files=…, stdin=…)`."""
    submission = pytestconfig.stash[_FOLDER].name

    def run_command(
        command: Sequence[str],
        *,
        files: Mapping[str, str | bytes] | None = None,
        stdin: str | bytes | None = None,
        env: Mapping[str, str] | None = None,
        seconds: float = 10.0,
    ) -> CommandResult:
        folder = Path(tempfile.mkdtemp(prefix="run-", dir=tmp_path))
        root = folder / "submission"
        shutil.copytree(submission, root)
        for name, content in (files or {}).items():
            path = root / name
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_bytes(_encoded(content))
        return _execute(command, root, folder / "report.json", stdin, env or {}, seconds)

    return run_command


def _execute(
    command: Sequence[str],
    root: Path,
    report: Path,
    stdin: str | bytes | None,
    env: Mapping[str, str],
    seconds: float,
) -> CommandResult:
    before = _snapshot(root)
    launcher = [sys.executable, "-I", "-S", "-c", _LAUNCHER, str(report), str(seconds), *command]
    started = time.perf_counter()
    done = subprocess.run(
        launcher,
        cwd=root,
        env=_environment(env),
        input=_encoded(stdin or b""),
        capture_output=True,
        check=False,
    )
    wall = time.perf_counter() - started
    measured: dict[str, Any] = {"exit_code": done.returncode}
    if report.exists():
        measured = json.loads(report.read_bytes())
    after = _snapshot(root)
    changed = {name for name, stamp in after.items() if before.get(name) != stamp}
    return CommandResult(
        stdout=done.stdout.decode(errors="replace"),
        stderr=done.stderr.decode(errors="replace"),
        files={name: (root / name).read_bytes() for name in sorted(changed)},
        wall_seconds=wall,
        **measured,
    )


def _encoded(content: str | bytes) -> bytes:
    return content.encode() if isinstance(content, str) else content


def _environment(extra: Mapping[str, str]) -> dict[str, str]:
    """Nothing of the author's own settings, so that a suite does not pass by their accident."""
    path = os.pathsep.join([str(Path(sys.executable).parent), os.environ.get("PATH", os.defpath)])
    return {"PATH": path, "LANG": "C.UTF-8", "PYTHONDONTWRITEBYTECODE": "1", **extra}


def _snapshot(root: Path) -> dict[str, tuple[int, int, int]]:
    """Relative path → what changes with every write. The inode tells a replaced file from an old one."""
    stats = {path: path.stat() for path in root.rglob("*") if path.is_file()}
    return {
        str(path.relative_to(root)): (stat.st_ino, stat.st_size, stat.st_mtime_ns)
        for path, stat in stats.items()
    }


@pytest.fixture
def faults(request: pytest.FixtureRequest) -> Faults:
    """Trouble, ready made. A full disk and unreadable files need the sandbox, or at least an ordinary user."""
    return Faults(lambda: request.getfixturevalue("run"))


@pytest.fixture(scope="session")
def base_url(pytestconfig: pytest.Config) -> Iterator[str]:
    """Address of the submission's server, started once for the whole suite."""
    start: str | None = pytestconfig.getoption("start")
    if start is None:
        raise pytest.UsageError('this suite needs a server: give its command, --start "python app.py"')
    port = pytestconfig.getoption("port") or _free_port()
    root = pytestconfig.stash[_FOLDER].name
    with tempfile.TemporaryFile() as printed:
        server = subprocess.Popen(
            shlex.split(start), cwd=root, env=_environment({"PORT": str(port)}),
            stdin=subprocess.DEVNULL, stdout=printed, stderr=subprocess.STDOUT,
        )  # fmt: skip
        try:
            if not _ready(server, port, pytestconfig.getoption("ready")):
                printed.seek(0)
                text = printed.read(10_000).decode(errors="replace")
                pytest.fail(f"{start!r} did not answer on port {port}; it printed:\n{text}", pytrace=False)
            yield f"http://127.0.0.1:{port}"
        finally:
            server.kill()
            server.wait()


@pytest.fixture
def client(base_url: str) -> Iterator[Any]:
    """A fresh `httpx.Client` for the submission's server."""
    # httpx is needed by suites that drive a server, not by the package.
    httpx = importlib.import_module("httpx")
    with httpx.Client(base_url=base_url, timeout=10.0, trust_env=False, verify=False) as http_client:
        yield http_client


def _ready(server: subprocess.Popen[bytes], port: int, path: str) -> bool:
    import http.client  # here: slow to import, and suites without a server need none of it

    deadline = time.monotonic() + START_SECONDS
    while time.monotonic() < deadline and server.poll() is None:
        connection = http.client.HTTPConnection("127.0.0.1", port, timeout=1.0)
        try:
            connection.request("GET", path)
            connection.getresponse()
        except (OSError, http.client.HTTPException):
            time.sleep(0.005)
        else:
            return True
        finally:
            connection.close()
    return False


def _free_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as listener:
        port: int = listener.getsockname()[1]
        return port
