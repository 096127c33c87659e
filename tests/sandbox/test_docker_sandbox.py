"""The sandbox's contract, on real containers: what candidate code can do to itself, and what it cannot do to others."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from api.images import images
from sandbox.container import OWNER_LABEL, owner
from sandbox.contract import DriveResult, Limits, Service, Suite
from sandbox.docker_sandbox import DockerSandbox
from sandbox.engine import connect
from sandbox.errors import RuntimeUnavailable, UnknownEnvironment
from sandbox.hardening import ROLE_LABEL
from sandbox.images.environments import environment
from sandbox.janitor import reap

if TYPE_CHECKING:
    from sandbox.engine import Engine

pytestmark = pytest.mark.docker

QUICK = Limits(test_seconds=1.5, suite_seconds=30.0, own_tests_seconds=3.0, memory_bytes=192 * 2**20)
CALLS = b"""
import pytest
import solution

def test_first():
    assert solution.first() == 1

def test_second():
    assert solution.second() == 2
"""
SECOND = b"def second():\n    return 2\n"


@pytest.fixture(scope="module")
def engine() -> Iterator[Engine]:
    with connect() as found:
        yield found


@contextmanager
def opened(engine: Engine, name: str) -> Iterator[DockerSandbox]:
    found = images(engine)
    found.ensure(environment(name), print)
    with DockerSandbox(engine, found) as one:
        yield one


@pytest.fixture(scope="module")
def sandbox(engine: Engine) -> Iterator[DockerSandbox]:
    with opened(engine, "base") as one:
        yield one


@pytest.fixture(scope="module")
def web(engine: Engine) -> Iterator[DockerSandbox]:
    with opened(engine, "web") as one:
        yield one


def suite(source: bytes = CALLS, *, service: Service | None = None, rerun: int = 0) -> Suite:
    return Suite(str(hash(source)), {"test_hidden.py": source}, ("solution",), service, rerun)


def drive(
    sandbox: DockerSandbox, solution: bytes, tests: Suite | None = None, limits: Limits = QUICK
) -> DriveResult:
    with sandbox.box("base", {"solution.py": solution}, limits) as box:
        return box.drive(tests or suite())


def outcomes(result: DriveResult) -> dict[str, str]:
    return {record.id.partition("::")[2]: record.outcome for record in result.tests}


def test_a_suite_runs_against_code_in_another_container(sandbox: DockerSandbox) -> None:
    """The plain case, with the ids and outcomes that pytest would give."""
    result = drive(sandbox, b"def first():\n    return 1\n" + SECOND)

    assert outcomes(result) == {"test_first": "passed", "test_second": "passed"}


@pytest.mark.parametrize(
    ("first", "outcome", "limit"),
    [
        ("while True: pass", "timeout", "timeout"),
        ("__import__('time').sleep(60)", "timeout", "timeout"),
        ("return bytearray(10**9)", "out_of_memory", "out_of_memory"),
        ("__import__('os')._exit(0)", "failed", None),
        ("__import__('os').kill(__import__('os').getpid(), 11)", "failed", None),
        ("raise KeyboardInterrupt", "failed", None),
        ("raise SystemExit(0)", "failed", None),
        ("return 'x' * (17 * 2**20)", "limit", "limit"),
        ("print('x' * (50 * 2**20)); return 2", "failed", None),
    ],
)
def test_what_code_does_to_itself_is_an_outcome_of_that_test_alone(
    sandbox: DockerSandbox, first: str, outcome: str, limit: str | None
) -> None:
    """The next test gets a fresh process, whatever became of this one."""
    result = drive(sandbox, f"def first():\n    {first}\n".encode() + SECOND)

    assert outcomes(result) == {"test_first": outcome, "test_second": "passed"}
    assert result.tests[0].limit == limit


def test_a_fork_bomb_ends_with_the_box(sandbox: DockerSandbox, engine: Engine) -> None:
    """Bounded by the number of processes, gone with the container, and the grading goes on."""
    bomb = b"import os\ndef first():\n    while True:\n        try:\n            os.fork()\n        except OSError:\n            pass\n"

    result = drive(sandbox, bomb + SECOND)

    assert outcomes(result)["test_first"] != "passed"
    ours = [f"{ROLE_LABEL}=candidate", f"{OWNER_LABEL}={owner()}"]
    patience = time.monotonic() + 30
    while engine.client.api.containers(filters={"label": ours}):
        assert time.monotonic() < patience
        time.sleep(0.1)


def test_printed_text_is_cut_and_says_so(sandbox: DockerSandbox) -> None:
    """A limit that is hit is named where it is hit."""
    result = drive(sandbox, b"def first():\n    print('x' * 10_000_000)\n    return 0\n" + SECOND)

    assert len(result.tests[0].output) < QUICK.output_bytes
    assert "cut" in result.tests[0].output


def test_no_box_sees_the_suite(sandbox: DockerSandbox) -> None:
    """Promise 1: not in a file, not in the environment, not in the arguments of any process."""
    search = b"""
import glob, os
def first():
    seen = []
    for root, folders, names in os.walk("/"):
        if root == "/":
            folders[:] = [name for name in folders if name not in ("proc", "sys", "usr", "dev")]
        for name in names:
            try:
                with open(os.path.join(root, name), "rb") as file:
                    seen.append(file.read(100_000))
            except OSError:
                pass
    for path in glob.glob("/proc/*/cmdline") + glob.glob("/proc/*/environ"):
        try:
            with open(path, "rb") as file:
                seen.append(file.read())
        except OSError:
            pass
    return 1 if b"canary-of-" + b"the-suite" not in b"".join(seen) else 0
"""
    tests = b"# canary-of-the-suite\n" + CALLS

    patient = replace(QUICK, test_seconds=30.0)
    assert outcomes(drive(sandbox, search + SECOND, suite(tests), patient)) == {
        "test_first": "passed",
        "test_second": "passed",
    }


def test_the_keeper_cannot_be_read_or_ended_by_the_candidate(sandbox: DockerSandbox) -> None:
    """It has the candidate's user, so only being process 1 and not dumpable protects it."""
    attack = b"""
import os, signal
def first():
    os.kill(1, signal.SIGKILL)
    for path in ("/proc/1/mem", "/proc/1/environ", "/proc/1/fd/1"):
        try:
            open(path, "rb").close()
        except PermissionError:
            continue
        return path
    return 1
"""
    assert outcomes(drive(sandbox, attack + SECOND))["test_first"] == "passed"


def test_own_tests_are_run_and_measured(sandbox: DockerSandbox) -> None:
    """Outcomes and branch coverage of the candidate's own suite."""
    files = {
        "solution.py": b"def sign(x):\n    if x < 0:\n        return -1\n    return 1\n",
        "test_solution.py": b"from solution import sign\n\ndef test_up():\n    assert sign(3) == 1\n\ndef test_wrong():\n    assert sign(3) == 2\n",
    }
    with sandbox.box("base", files, QUICK) as box:
        result = box.own_tests(("test_solution.py",), coverage=True)

    assert [row["outcome"] for row in result.tests] == ["passed", "failed"]
    assert result.coverage[0]["covered"] < result.coverage[0]["statements"]


@pytest.mark.parametrize(
    ("body", "limit"),
    [
        ("while True: pass", "own_tests_seconds"),
        ("import os; os._exit(0)", None),
        ("x = bytearray(10**9)", "out_of_memory"),
    ],
)
def test_own_tests_that_never_report_are_a_named_problem(
    sandbox: DockerSandbox, body: str, limit: str | None
) -> None:
    """No result is not a good result."""
    files = {"test_it.py": f"def test_it():\n    {body}\n".encode()}
    with sandbox.box("base", files, QUICK) as box:
        result = box.own_tests(("test_it.py",), coverage=False)

    assert result.problem
    assert result.limit == limit
    assert not [row for row in result.tests if row["outcome"] == "passed"]


def test_gradings_side_by_side_do_not_meet(sandbox: DockerSandbox) -> None:
    """Two boxes at a time, one of them hostile."""
    with (
        sandbox.box("base", {"solution.py": b"def first():\n    while True: pass\n" + SECOND}, QUICK) as bad,
        sandbox.box("base", {"solution.py": b"def first():\n    return 1\n" + SECOND}, QUICK) as good,
    ):
        assert outcomes(good.drive(suite())) == {"test_first": "passed", "test_second": "passed"}
        assert outcomes(bad.drive(suite()))["test_first"] == "timeout"


def test_one_seat_serves_one_grading_after_the_other(engine: Engine, sandbox: DockerSandbox) -> None:
    def seats() -> set[str]:
        labels = [f"{ROLE_LABEL}=grading", f"{OWNER_LABEL}={owner()}"]
        return {found["Id"] for found in engine.client.api.containers(filters={"label": labels})}

    drive(sandbox, b"def first():\n    return 1\n")
    before = seats()
    drive(sandbox, SECOND)
    assert seats() == before != set()


def test_a_suite_that_cannot_be_interrupted_is_stopped(sandbox: DockerSandbox) -> None:
    """From outside, and the reason says what it had."""
    tests = suite(
        b"import signal, time, solution\n\ndef test_first():\n"
        b"    signal.signal(signal.SIGALRM, signal.SIG_IGN)\n    time.sleep(120)\n"
    )

    result = drive(sandbox, SECOND, tests, replace(QUICK, suite_seconds=1.0, start_seconds=1.0))

    assert result.tests == ()
    assert "did not end within 4 s, three times suite_seconds and start_seconds" in (result.problem or "")


def test_a_test_that_waits_for_what_never_comes_is_ended(sandbox: DockerSandbox) -> None:
    """In its own code, called by the candidate's or not, where the candidate's clock stands still."""
    tests = suite(b"""
import asyncio, socket, threading
import pytest
import solution

def test_callback():
    solution.call(threading.Event().wait)

def test_awaited():
    async def never():
        await asyncio.Event().wait()
    asyncio.run(solution.wait_for(never))

def test_thread():
    thread = threading.Thread(target=threading.Event().wait, daemon=True)
    thread.start()
    solution.call(lambda: None)
    thread.join()

def test_swallowed():
    ours, theirs = socket.socketpair()
    try:
        ours.recv(1)
    finally:
        ours.recv(1)

def test_after():
    assert solution.call(lambda: 5) == 5
""")
    code = b"""
def call(it):
    return it()

async def wait_for(it):
    await it()
"""
    result = drive(sandbox, code, tests, replace(QUICK, test_seconds=0.5))

    waiting = dict.fromkeys(("test_callback", "test_awaited", "test_thread", "test_swallowed"), "timeout")
    assert outcomes(result) == {**waiting, "test_after": "passed"}
    assert {record.limit for record in result.tests[:4]} == {"timeout"}
    assert result.tests[0].message.startswith("the test waited 0.5 s for what did not happen\n")
    assert "peer.Gone" not in result.tests[0].message
    assert ">       solution.call(threading.Event().wait)" in result.tests[0].message
    assert all(0.4 < record.seconds < 8 for record in result.tests[:4])
    assert sum(record.seconds for record in result.tests) < 15


def test_what_the_tests_do_themselves_is_nobodys_time(sandbox: DockerSandbox) -> None:
    """Neither of the test nor of the suite; a test that paused and passed has waited for nothing of theirs."""
    tests = suite(b"""
import time

def test_busy():
    end = time.process_time() + 1.0
    while time.process_time() < end:
        pass

def test_first_pause():
    time.sleep(0.45)

def test_second_pause():
    time.sleep(0.45)

def test_after():
    pass
""")
    result = drive(sandbox, SECOND, tests, replace(QUICK, test_seconds=0.5, suite_seconds=0.8))

    assert set(outcomes(result).values()) == {"passed"}


def test_time_without_a_processor_is_not_the_candidates(sandbox: DockerSandbox) -> None:
    """Promise 3: a machine on which others have the processors makes nobody's answer late. Sleeping is their time."""
    code = b"""
import time

def work():
    end = time.process_time() + 0.25
    while time.process_time() < end:
        pass
    return True

def sleep():
    time.sleep(60)
"""
    tests = suite(b"""
import solution

def test_work():
    assert solution.work()

def test_sleep():
    solution.sleep()
""")
    crowded = replace(QUICK, cpus=0.1, suite_seconds=60.0)  # the work takes longer than a test may

    result = drive(sandbox, code, tests, crowded)

    assert [record.outcome for record in result.tests] == ["passed", "timeout"]


def test_time_without_a_processor_is_not_a_commands(sandbox: DockerSandbox) -> None:
    """The same for `run`."""
    tests = suite(b"""
COUNT = "for _ in range(8 * 10**6): pass"

def test_work(run):
    result = run(["python", "-c", COUNT])
    assert result.exit_code == 0
    assert result.wall_seconds < 1.5

def test_sleep(run):
    assert run(["python", "-c", "import time; time.sleep(60)"]).timed_out
""")
    with sandbox.box("base", {}, replace(QUICK, cpus=0.1, suite_seconds=60.0)) as box:
        result = box.drive(tests)

    assert outcomes(result) == {"test_work": "passed", "test_sleep": "passed"}


def test_whoever_crowds_their_own_box_gains_no_time(sandbox: DockerSandbox) -> None:
    """A command, or a call, waits for a processor that only its own children have."""
    tests = suite(b"""
import time

CROWD = "import os\\nfor _ in range(3): os.fork()\\nwhile True: pass"

def test_crowd(run):
    begin = time.monotonic()
    assert run(["python", "-c", CROWD], seconds=1.0).timed_out
    assert time.monotonic() - begin < 3

def test_crowded_call():
    import solution
    solution.crowd()
""")
    code = b"import os\n\ndef crowd():\n    for _ in range(3): os.fork()\n    while True: pass\n"
    with sandbox.box("base", {"solution.py": code}, replace(QUICK, cpus=1.0)) as box:
        begin = time.monotonic()
        result = box.drive(tests)

    assert outcomes(result) == {"test_crowd": "passed", "test_crowded_call": "timeout"}
    assert time.monotonic() - begin < 6


def test_commands_tell_all_about_themselves(sandbox: DockerSandbox) -> None:
    """Exit status, output, files, and a peak memory that is the command's and not ours."""
    tests = suite(b"""
def test_command(run):
    result = run(["python", "tool.py", "x"], files={"in.txt": "hello"}, stdin="given", env={"MARK": "m"})
    assert (result.exit_code, result.stdout, result.stderr) == (3, "hello given m x\\n", "warned\\n")
    assert result.files == {"out.txt": b"done"}
    assert 2**20 < result.peak_memory_bytes < 30 * 2**20
    assert not result.timed_out

def test_time(run):
    assert run(["python", "-c", "while True: pass"], seconds=0.5).timed_out

def test_memory(run):
    assert run(["python", "-c", "bytearray(10**9)"]).exit_code != 0
""")
    tool = b"""
import os, sys
print(open("in.txt").read(), sys.stdin.read(), os.environ["MARK"], sys.argv[1])
print("warned", file=sys.stderr)
open("out.txt", "w").write("done")
sys.exit(3)
"""
    with sandbox.box("base", {"tool.py": tool}, QUICK) as box:
        result = box.drive(tests)

    assert [(r.outcome, r.message) for r in result.tests] == [("passed", "")] * 3


def test_a_server_that_does_not_answer_ends_the_test(web: DockerSandbox) -> None:
    """By name, though the client of the suite waits for ever; its slow start is not on a test's clock."""
    server = b"""
import http.server, os, time
time.sleep(1)
class Handler(http.server.BaseHTTPRequestHandler):
    def do_GET(self):
        if self.path == "/never":
            time.sleep(60)
        self.send_response(204); self.end_headers()
http.server.ThreadingHTTPServer(("127.0.0.1", int(os.environ["PORT"])), Handler).serve_forever()
"""
    tests = suite(
        b"def test_never(client):\n    client.get('/never')\n\ndef test_after(client):\n    client.get('/')\n",
        service=Service(("python", "serve.py")),
    )
    with web.box("web", {"serve.py": server}, replace(QUICK, test_seconds=0.7)) as box:
        result = box.drive(tests)

    assert outcomes(result) == {"test_never": "timeout", "test_after": "passed"}


def test_servers_are_driven_through_a_tunnel(sandbox: DockerSandbox) -> None:
    """Any TCP client in a hidden test reaches the candidate's server; its start is not on a test's clock."""
    server = b"""
import http.server, os
class Handler(http.server.BaseHTTPRequestHandler):
    def do_GET(self):
        body = self.path.encode()
        self.send_response(200); self.send_header("Content-Length", str(len(body))); self.end_headers()
        self.wfile.write(body)
http.server.HTTPServer(("127.0.0.1", int(os.environ["PORT"])), Handler).serve_forever()
"""
    tests = suite(
        b"import urllib.request\n\ndef test_get(base_url):\n    assert urllib.request.urlopen(base_url + '/x').read() == b'/x'\n",
        service=Service(("python", "serve.py")),
    )
    with sandbox.box("base", {"serve.py": server}, QUICK) as box:
        result = box.drive(tests)

    assert [(r.outcome, r.message) for r in result.tests] == [("passed", "")]


def test_web_sockets_go_through_the_tunnel(web: DockerSandbox) -> None:
    """It carries bytes, not requests: any client library works."""
    server = b"""
import os, uvicorn
from fastapi import FastAPI, WebSocket
app = FastAPI()

@app.websocket("/echo")
async def echo(socket: WebSocket):
    await socket.accept()
    while True:
        await socket.send_text("got " + await socket.receive_text())

uvicorn.run(app, host="127.0.0.1", port=int(os.environ["PORT"]), log_level="warning")
"""
    tests = suite(
        b"from websockets.sync.client import connect\n\ndef test_echo(base_url):\n"
        b"    with connect(base_url.replace('http', 'ws') + '/echo') as socket:\n"
        b"        for text in ('a', 'b'):\n            socket.send(text)\n            assert socket.recv() == 'got ' + text\n",
        service=Service(("python", "app.py")),
    )
    with web.box("web", {"app.py": server}, Limits()) as box:
        result = box.drive(tests)

    assert [(r.outcome, r.message) for r in result.tests] == [("passed", "")]


def test_a_server_that_does_not_start_tells_why(sandbox: DockerSandbox) -> None:
    """The reviewer reads the server's last words, not a refused connection."""
    tests = suite(b"def test_get(base_url):\n    assert base_url\n", service=Service(("python", "serve.py")))
    with sandbox.box("base", {"serve.py": b"raise SystemExit('no configuration')"}, QUICK) as box:
        result = box.drive(tests)

    assert result.tests[0].outcome in {"failed", "error"}
    assert "no configuration" in result.tests[0].message


def test_a_missing_runtime_is_refused(engine: Engine) -> None:
    """Promise 2: never a weaker one instead."""
    with pytest.raises(RuntimeUnavailable, match="no-such-runtime"):
        DockerSandbox(engine, images(engine), runtime="no-such-runtime")


def test_an_unknown_environment_is_named(sandbox: DockerSandbox) -> None:
    """And the known ones with it."""
    with pytest.raises(UnknownEnvironment, match="base"):
        sandbox.environment("nowhere")


_CRASH = """
import os, sys
from api.images import images
from sandbox.contract import Limits
from sandbox.docker_sandbox import DockerSandbox
from sandbox.engine import connect
engine = connect()
with DockerSandbox(engine, images(engine)).box("base", {"a.py": b""}, Limits()):
    print("open", flush=True)
    sys.stdin.read()
"""


def test_the_janitor_takes_what_a_killed_process_left(engine: Engine, sandbox: DockerSandbox) -> None:
    """Kill -9 of a worker leaves nothing running for long."""
    assert sandbox.environment("base").image
    environment_: Mapping[str, str] = {**os.environ, "PYTHONPATH": str(Path.cwd())}
    with subprocess.Popen(
        [sys.executable, "-c", _CRASH], stdin=subprocess.PIPE, stdout=subprocess.PIPE, env=dict(environment_)
    ) as worker:
        assert worker.stdout is not None
        assert worker.stdout.readline() == b"open\n"
        worker.send_signal(signal.SIGKILL)
        worker.wait()

    assert reap(engine) == 1
    assert reap(engine) == 0


ABANDONED = b"""
import solution

def parser(errors, number):
    try:
        raise ValueError(number)
    except ValueError as error:
        errors.append(error)
    yield

def test_first():
    errors = []
    parsing = parser(errors, solution.first())
    next(parsing)
    del parsing
    raise errors[0]

def test_second():
    assert solution.second() == 2
"""


def test_an_error_out_of_an_abandoned_generator_is_a_failure_like_any_other(sandbox: DockerSandbox) -> None:
    """Looking at the variables of its frame, as pytest does to show the arguments, reads freed memory in Python 3.13."""
    result = drive(sandbox, b"def first():\n    return 1\n" + SECOND, suite(ABANDONED))

    assert result.problem is None
    assert outcomes(result) == {"test_first": "failed", "test_second": "passed"}
    assert "ValueError: 1" in result.tests[0].message
    assert "number = " not in result.tests[0].message

    with sandbox.box(
        "base", {"solution.py": b"def first(): return 1\n" + SECOND, "test_it.py": ABANDONED}, QUICK
    ) as box:
        own = box.own_tests(("test_it.py",), coverage=False)
    assert [row["outcome"] for row in own.tests] == ["failed", "passed"]
    assert "number = " not in own.tests[0]["message"]


@pytest.mark.parametrize(
    ("waits", "outcome"),
    [(b"solution.slow()", "passed"), (b"time.sleep(1.2); assert False", "failed")],
    ids=["call", "own"],
)
def test_tests_after_the_suites_time_are_not_run(sandbox: DockerSandbox, waits: bytes, outcome: str) -> None:
    """And say why: what tests that do not pass wait outside calls may be for the candidate's code, too."""
    tests = suite(
        b"import time, solution\n\ndef test_slow():\n    " + waits + b"\n\ndef test_after():\n    pass\n"
    )
    slow = b"import time\n\ndef slow():\n    time.sleep(1.2)\n"

    result = drive(sandbox, slow, tests, replace(QUICK, suite_seconds=1.0))

    assert outcomes(result) == {"test_slow": outcome, "test_after": "timeout"}
    assert result.tests[1].limit == "suite_seconds"


def test_own_tests_that_end_leave_a_running_command_alone(sandbox: DockerSandbox) -> None:
    """Both share the box; the end of one must not be taken for the end of the other."""
    tests = suite(b"def test_it(run):\n    assert run(['python', 'slow.py']).exit_code == 0\n")
    files = {"slow.py": b"import time\ntime.sleep(1)\n", "test_own.py": b"def test_own():\n    assert True\n"}
    with sandbox.box("base", files, QUICK) as box, ThreadPoolExecutor(1) as threads:
        driven = threads.submit(box.drive, tests)
        assert box.own_tests(("test_own.py",), coverage=False).problem is None

        assert outcomes(driven.result()) == {"test_it": "passed"}


def test_a_command_cannot_edit_the_record_of_its_peak_memory(sandbox: DockerSandbox) -> None:
    """`/proc/self/clear_refs` resets what the kernel reports of a process at its end."""
    program = b"""
import time
held = bytearray(60 * 2**20)
time.sleep(0.3)
del held
with open("/proc/self/clear_refs", "w") as file:
    file.write("5")
"""
    test = b"""
def test_peak(run):
    done = run(["python", "program.py"])
    assert done.exit_code == 0, done.stderr
    assert done.peak_memory_bytes > 60 * 2**20
"""
    suite = Suite(digest="peak", files={"test_peak.py": test})
    with sandbox.box("base", {"program.py": program}, Limits()) as box:
        assert outcomes(box.drive(suite)) == {"test_peak": "passed"}
