"""Measured workloads in real containers: what is counted, and what a submission cannot hide."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from api.images import images
from sandbox import contract
from sandbox.contract import Limits, Service, Suite, Usage
from sandbox.docker_sandbox import DockerSandbox
from sandbox.engine import connect
from sandbox.images.environments import environment

pytestmark = pytest.mark.docker

MEGABYTE = 10**6
PATIENT = Limits(test_seconds=60.0, suite_seconds=120.0, start_seconds=60.0)
SUITE = Suite(
    "workloads",
    {
        "test_loads.py": b"""
import pytest
import solution

@pytest.fixture
def costly():
    return solution.burn(0.5)

@pytest.mark.workload("call")
def test_call(costly):
    solution.work()

@pytest.mark.workload("command")
def test_command(run):
    assert run(["python", "solution.py"], files={"large": "x" * 20_000_000}).exit_code == 0

def test_other():
    assert solution.burn(0) is None
"""
    },
)
SOLUTION = """
import os, sys, time

def burn(seconds):
    start = time.process_time()
    while time.process_time() < start + seconds:
        pass

def hold(megabytes):
    block = bytearray(megabytes * 10**6)
    block[::4096] = b"x" * len(block[::4096])
    time.sleep(0.1)

def work():
{body}

if __name__ == "__main__":
    work()
"""


@pytest.fixture(scope="module")
def sandbox() -> Iterator[DockerSandbox]:
    with connect() as engine:
        found = images(engine)
        found.ensure(environment("base"), print)
        with DockerSandbox(engine, found, warm=1) as opened:
            yield opened


def drive(sandbox: DockerSandbox, suite: Suite, *body: str) -> tuple[contract.TestRecord, ...]:
    source = SOLUTION.format(body="\n".join(f"    {line}" for line in body))
    with sandbox.box("base", {"solution.py": source.encode()}, PATIENT) as box:
        result = box.drive(suite)
    assert result.problem is None
    return result.tests


def measured(sandbox: DockerSandbox, test: str, *body: str) -> Usage:
    name = f"test_loads.py::{test}"
    workload = Suite(SUITE.digest, SUITE.files, workload=name, rerun_failures=0)
    (record,) = drive(sandbox, workload, *body)
    assert (record.id, record.outcome) == (name, "passed"), record.message
    assert record.usage is not None
    return record.usage


def test_without_being_asked_nothing_is_measured(sandbox: DockerSandbox) -> None:
    """The suite runs whole; its workloads are named, so that somebody can ask."""
    records = drive(sandbox, SUITE, "pass")
    assert [(record.workload, record.usage) for record in records] == [
        ("call", None),
        ("command", None),
        (None, None),
    ]


@pytest.mark.parametrize("test", ["test_call", "test_command"])
def test_what_files_hold_is_no_memory(sandbox: DockerSandbox, test: str) -> None:
    """They would be on a disk elsewhere; a mapping without a file would not."""
    idle = measured(sandbox, test, "pass")
    writing = measured(sandbox, test, "for _ in range(25): open('out', 'ab').write(bytes(10**6))")
    sharing = measured(
        sandbox,
        test,
        "import mmap",
        "kept = mmap.mmap(-1, 25 * 10**6)",
        "if os.fork() == 0: kept[:] = bytes(10**6) * 25; time.sleep(0.2); os._exit(0)",
        "os.wait()",
    )
    assert writing.memory_bytes - idle.memory_bytes < 8 * MEGABYTE
    assert sharing.memory_bytes - idle.memory_bytes > 20 * MEGABYTE


@pytest.mark.parametrize("test", ["test_call", "test_command"])
def test_processor_time_and_memory_of_the_work_are_counted(sandbox: DockerSandbox, test: str) -> None:
    """Of calls and of commands alike; neither the fixture that burns half a second nor the staged file counts."""
    idle = measured(sandbox, test, "pass")
    busy = measured(sandbox, test, "burn(0.3)", "hold(50)")
    assert idle.cpu_seconds < 0.3 <= busy.cpu_seconds < 0.8
    assert busy.wall_seconds >= 0.3
    assert 40 * MEGABYTE < busy.memory_bytes - idle.memory_bytes < 60 * MEGABYTE


@pytest.mark.parametrize("test", ["test_call", "test_command"])
def test_a_peak_that_is_cleared_from_the_record_is_counted(sandbox: DockerSandbox, test: str) -> None:
    """Writing 5 there makes the kernel forget the process's peak; not that of the container.

    The staged file hides it from the container's peak too, and then a look in passing must find it.
    """
    clear = "open('/proc/self/clear_refs', 'w').write('5')"
    usage = measured(sandbox, test, "hold(80)", clear)
    assert usage.memory_bytes > 75 * MEGABYTE


@pytest.mark.parametrize("test", ["test_call", "test_command"])
def test_work_left_to_a_process_that_nobody_waits_for_is_counted(sandbox: DockerSandbox, test: str) -> None:
    """Its time is in no process's record that we could ask: its parent ignores its end."""
    usage = measured(
        sandbox, test,
        "import signal",
        "signal.signal(signal.SIGCHLD, signal.SIG_IGN)",
        "reader, writer = os.pipe()",
        "if os.fork() == 0:",
        "    burn(0.5)",
        "    hold(80)",
        "    os._exit(0)",
        "os.close(writer)",
        "os.read(reader, 1)",
    )  # fmt: skip
    assert usage.cpu_seconds >= 0.5
    assert usage.memory_bytes > 75 * MEGABYTE


def test_a_server_is_measured_while_the_test_calls_it(sandbox: DockerSandbox) -> None:
    """Its start is not: that comes with the fixtures."""
    tests = (
        b"import pytest\nimport urllib.request\n\n@pytest.mark.workload('page')\ndef test_page(base_url):\n"
    )
    tests += b"    assert urllib.request.urlopen(base_url + '/').read() == b'done'\n"
    server = b"""
import http.server, os, time

def burn(seconds):
    end = time.process_time() + seconds
    while time.process_time() < end:
        pass

class Page(http.server.BaseHTTPRequestHandler):
    def do_GET(self):
        if "urllib" in self.headers.get("User-Agent", "").lower():
            burn(0.3)
        self.send_response(200)
        self.end_headers()
        self.wfile.write(b"done")

burn(0.5)
http.server.HTTPServer(("127.0.0.1", int(os.environ["PORT"])), Page).serve_forever()
"""
    suite = Suite(
        "page",
        {"test_page.py": tests},
        service=Service(("python", "app.py")),
        workload="test_page.py::test_page",
    )
    with sandbox.box("base", {"app.py": server}, PATIENT) as box:
        (record,) = box.drive(suite).tests
    assert record.usage is not None, record.message
    assert 0.3 <= record.usage.cpu_seconds < 0.6
    assert record.usage.wall_seconds >= 0.3
    assert record.usage.memory_bytes > 5 * MEGABYTE
