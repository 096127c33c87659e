"""Every row of the table of container options, proved from inside a real container."""

from __future__ import annotations

import json
import time
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from docker.errors import DockerException

from api.images import images
from sandbox.contract import Limits
from sandbox.engine import Engine, connect
from sandbox.hardening import FIRST_UID, OPTIONS, ROLE_LABEL, UIDS, Role, container_config
from sandbox.images.environments import environment

pytestmark = pytest.mark.docker

SMALL = Limits(
    memory_bytes=96 * 2**20,
    processes=16,
    cpus=0.5,
    open_files=64,
    disk_bytes=4 * 2**20,
    disk_inodes=64,
)

Inside = Callable[..., Any]


@pytest.fixture(scope="module")
def engine() -> Iterator[Engine]:
    with connect() as found:
        yield found


@pytest.fixture(scope="module")
def image(engine: Engine) -> str:
    return images(engine).ensure(environment("base"), print).reference


class Box:
    """A container made from the table, that runs one program and is asked about afterwards."""

    def __init__(self, engine: Engine, image: str, program: str, role: Role, limits: Limits | None) -> None:
        self._api = engine.client.api
        self.config = container_config(
            role, image, ("python", "-I", "-c", program), limits, labels={"test": "1"}
        )
        self.id: str = self._api.create_container_from_config(self.config)["Id"]

    def run(self) -> str:
        """What the program printed."""
        streams = {"stdin": 1, "stdout": 1, "stderr": 1, "stream": 1}
        attached = self._api.attach_socket(self.id, streams)
        self._api.start(self.id)
        self._api.wait(self.id, timeout=60)
        with attached, attached._sock:
            received = b"".join(iter(lambda: attached._sock.recv(65536), b""))
        text = b""
        while received:  # 8 bytes of header: kind of stream, size of what follows
            size = int.from_bytes(received[4:8], "big")
            text, received = text + received[8 : 8 + size], received[8 + size :]
        return text.decode()

    def facts(self) -> dict[str, Any]:
        """What the engine says about the container."""
        found: dict[str, Any] = self._api.inspect_container(self.id)
        return found


@pytest.fixture
def box(engine: Engine, image: str) -> Iterator[Callable[..., Box]]:
    made: list[Box] = []

    def make(program: str, role: Role = Role.CANDIDATE, limits: Limits | None = SMALL) -> Box:
        made.append(Box(engine, image, program, role, limits))
        return made[-1]

    yield make
    for one in made:
        engine.client.api.remove_container(one.id, force=True)


@pytest.fixture
def inside(box: Callable[..., Box]) -> Inside:
    """Evaluate an expression in a container of the table; the answer crosses as JSON."""

    def ask(expression: str, setup: str = "", **how: Any) -> Any:
        program = f"import json, os, sys\n{setup}\nprint(json.dumps({expression}))"
        printed = box(program, **how).run()
        assert printed.startswith(("{", "[", '"', "t", "f", "n", *"-0123456789")), printed
        return json.loads(printed)

    return ask


STATUS = 'status = dict(line.split(":\\t") for line in open("/proc/self/status").read().splitlines() if ":\\t" in line)'
TRIED = """
def tried(action, *given):
    try:
        return action(*given) and None
    except OSError as error:
        return error.strerror
"""


def test_runs_as_an_unprivileged_user_of_its_own(inside: Inside) -> None:
    """Two boxes with one user would share the kernel's per-user counts."""
    who = [inside("[os.getresuid(), os.getresgid(), os.getgroups()]") for _ in range(2)]
    for users, groups, more in who:
        assert len({*users, *groups, *more}) == 1
        assert FIRST_UID <= users[0] < FIRST_UID + UIDS
    assert who[0] != who[1]


@pytest.mark.parametrize("role", Role)
def test_has_no_capabilities(inside: Inside, role: Role) -> None:
    """Not even the bounding set holds one, so nothing can be gained either."""
    status = inside("status", STATUS, role=role)
    assert {status[name] for name in ("CapInh", "CapPrm", "CapEff", "CapBnd", "CapAmb")} == {"0" * 16}


@pytest.mark.parametrize("role", Role)
def test_cannot_gain_privileges_and_is_filtered_by_seccomp(inside: Inside, role: Role) -> None:
    """2 is "filter"; a call that the engine's profile denies is tried as well."""
    unshare = "import ctypes; libc = ctypes.CDLL(None, use_errno=True); result = libc.unshare(0x10000000)"
    status, result = inside("[status, result]", f"{STATUS}\n{unshare}", role=role)
    assert status["NoNewPrivs"] == "1"
    assert status["Seccomp"] == "2"
    assert result == -1


def test_uses_the_runtime_asked_for(engine: Engine, image: str) -> None:
    """The engine itself refuses one that it does not have; there is no way around it."""
    default = container_config(Role.CANDIDATE, image, ("python",), SMALL)
    assert default["HostConfig"]["Runtime"] == ""
    config = container_config(Role.CANDIDATE, image, ("python",), SMALL, runtime="no-such-runtime")
    with pytest.raises(DockerException, match="no-such-runtime"):
        engine.client.api.create_container_from_config(config)


@pytest.mark.parametrize("role", Role)
def test_has_no_network(inside: Inside, role: Role) -> None:
    """One interface, the loop, with nobody else on it; no name server either."""
    setup = f"""{TRIED}
import socket
def call(address):
    with socket.socket() as one:
        one.settimeout(3)
        one.connect(address)
"""
    asked = '[os.listdir("/sys/class/net"), tried(call, ("192.0.2.1", 80)), open("/etc/resolv.conf").read()]'
    assert inside(asked, setup, role=role) == [["lo"], "Network is unreachable", ""]


def test_every_box_looks_alike(inside: Inside) -> None:
    """The same submission prints the same in any box."""
    asked = '[os.uname().nodename, open("/proc/self/cgroup").read()]'
    name, groups = inside(asked)
    assert name == "box"
    assert {line.rpartition(":")[2] for line in groups.splitlines()} == {"/"}


def test_shared_memory_is_small_and_its_own(inside: Inside) -> None:
    """Locks of `multiprocessing` need some; the engine's own would not count files."""
    setup = f"{TRIED}\nimport multiprocessing; multiprocessing.Lock(); room = os.statvfs('/dev/shm')"
    blocks, size, files, denied = inside(
        "[room.f_blocks, room.f_frsize, room.f_files, tried(lambda: open('/dev/shm/x', 'wb').write(bytes(5 * 2**20)))]",
        setup,
    )
    assert blocks * size == 4 * 2**20
    assert files == 64
    assert denied == "No space left on device"


def test_sees_only_its_own_processes(inside: Inside) -> None:
    """It is alone."""
    assert inside('[name for name in os.listdir("/proc") if name.isdigit()]') == ["1"]


@pytest.mark.parametrize("role", Role)
def test_mounts_nothing_of_the_host(inside: Inside, role: Role) -> None:
    """The engine brings a file with the host name, read-only; there is no socket to talk to it."""
    setup = """
points = {}
for line in open("/proc/self/mountinfo"):
    left, right = line.split(" - ")
    points[left.split()[4]] = (right.split()[0], left.split()[5].split(",")[0])
sockets = [p for p in ("/var/run/docker.sock", "/run/docker.sock", "/run/containerd") if os.path.exists(p)]
"""
    points, sockets = inside("[points, sockets]", setup, role=role)
    kernel = {"overlay", "proc", "sysfs", "tmpfs", "devpts", "mqueue", "cgroup", "cgroup2"}
    assert {point: how for point, how in points.items() if how[0] not in kernel} in (
        {},
        {"/etc/hostname": [points.get("/etc/hostname", [""])[0], "ro"]},
    )
    assert sockets == []


def test_has_only_harmless_devices(inside: Inside) -> None:
    """No disk, no memory, no /dev/kmsg, no device mapper."""
    devices = set(inside('os.listdir("/dev")'))
    harmless = {"null", "zero", "full", "random", "urandom", "tty", "ptmx", "pts", "console", "fd"}
    assert devices <= harmless | {"stdin", "stdout", "stderr", "shm", "mqueue", "core"}


@pytest.mark.parametrize("role", Role)
def test_root_is_read_only(inside: Inside, role: Role) -> None:
    """Neither the root nor what the engine mounts on it can be written to; only the one folder can."""
    setup = """
written = []
for folder in ("/", "/usr/local/bin", "/usr/local/lib", "/etc", "/var", "/var/tmp", "/dev", "/run", "/home",
               "/proc", "/sys", "/sys/fs/cgroup", "/opt", "/tmp"):
    try:
        open(folder + "/mine", "w").close()
        written.append(folder)
    except OSError:
        pass
"""
    assert inside("[written, os.statvfs('/').f_flag & os.ST_RDONLY]", setup, role=role) == [["/tmp"], 1]


def test_disk_is_bounded_in_bytes_and_inodes(inside: Inside) -> None:
    """Both ends are reached, and what is written there cannot be started as a program."""
    setup = f"""{TRIED}
def fill():
    with open("/tmp/large", "wb", buffering=0) as file:
        while True:
            file.write(bytes(2**16))
def scatter():
    for number in range(1000):
        open(f"/tmp/{{number}}", "w").close()
full = tried(fill); size = os.path.getsize("/tmp/large"); os.unlink("/tmp/large")
crowded = tried(scatter); files = len(os.listdir("/tmp")); os.unlink("/tmp/1")
open("/tmp/program", "w").write("#!/bin/sh\\n"); os.chmod("/tmp/program", 0o755)
started = tried(os.execv, "/tmp/program", ["program"])
"""
    full, size, crowded, files, started = inside("[full, size, crowded, files, started]", setup)
    assert (full, size) == ("No space left on device", SMALL.disk_bytes)
    assert crowded == "No space left on device"
    assert files < SMALL.disk_inodes
    assert started == "Permission denied"


def test_engine_keeps_no_log(box: Callable[..., Box], engine: Engine) -> None:
    """What it prints reaches us and is written nowhere."""
    noisy = box("print('x' * 100_000)")
    assert len(noisy.run()) == 100_001
    assert noisy.facts()["LogPath"] == ""
    with pytest.raises(DockerException, match="does not support reading"):
        engine.client.api.logs(noisy.id)


def test_memory_is_bounded(box: Callable[..., Box]) -> None:
    """Whoever takes more is killed, and the engine can say why. Nothing of it was swapped."""
    greedy = box("held = bytearray(200 * 2**20)\nprint('survived')")
    assert "survived" not in greedy.run()
    state, host = greedy.facts()["State"], greedy.facts()["HostConfig"]
    assert (state["OOMKilled"], state["ExitCode"]) == (True, 137)
    assert host["Memory"] == host["MemorySwap"] == SMALL.memory_bytes


def test_candidate_goes_first_when_memory_runs_out(inside: Inside) -> None:
    """Its score is above that of anything of ours."""
    score = 'int(open("/proc/self/oom_score_adj").read())'
    assert inside(score, role=Role.CANDIDATE) == 500
    assert inside(score, role=Role.GRADING) <= 0


def test_processes_are_bounded(inside: Inside) -> None:
    """A fork bomb ends at the limit, also one of threads."""
    setup = """
import signal, threading, time
children = []
try:
    while len(children) < 100:
        child = os.fork()
        if not child:
            time.sleep(60)
        children.append(child)
except OSError as error:
    forks = [len(children), error.strerror]
for child in children:
    os.kill(child, signal.SIGKILL); os.waitpid(child, 0)
threads = 0
try:
    while threads < 100:
        threading.Thread(target=time.sleep, args=(2,), daemon=True).start()
        threads += 1
except RuntimeError:
    pass
"""
    forks, threads = inside("[forks, threads]", setup)
    assert forks == [SMALL.processes - 1, "Resource temporarily unavailable"]
    assert threads == SMALL.processes - 1


def test_processor_time_is_bounded(inside: Inside) -> None:
    """Read from its own control group: measuring it would depend on who else is busy on the machine."""
    setup = """
def read(name):
    with open("/sys/fs/cgroup/" + name) as file:
        return [int(word) for word in file.read().split()]
if os.path.exists("/sys/fs/cgroup/cpu.max"):
    quota, period = read("cpu.max")
else:
    [quota], [period] = read("cpu/cpu.cfs_quota_us"), read("cpu/cpu.cfs_period_us")
"""
    assert inside("quota / period", setup) == SMALL.cpus


def test_open_files_and_core_dumps_are_bounded(inside: Inside) -> None:
    """Soft and hard alike, so that they cannot be raised."""
    which = "(resource.RLIMIT_NOFILE, resource.RLIMIT_CORE, resource.RLIMIT_MSGQUEUE)"
    limits = inside(f"[resource.getrlimit(one) for one in {which}]", "import resource")
    assert limits == [[SMALL.open_files, SMALL.open_files], [0, 0], [0, 0]]


def test_command_is_process_one(inside: Inside) -> None:
    """No init, shell or health check of anybody around it."""
    asked = '[os.getpid(), os.path.basename(open("/proc/1/cmdline").read().split("\\0")[0])]'
    assert inside(asked) == [1, "python"]


def test_ends_for_good_and_stays_to_be_inspected(box: Callable[..., Box], engine: Engine) -> None:
    """Its exit status can be asked for; `stop` kills at once; it does not start again."""
    ended = box("import sys; sys.exit(7)")
    ended.run()
    assert ended.facts()["State"]["ExitCode"] == 7
    deaf = box("import signal, time; signal.signal(signal.SIGTERM, signal.SIG_IGN); time.sleep(60)")
    engine.client.api.start(deaf.id)
    began = time.monotonic()
    engine.client.api.stop(deaf.id, timeout=50)
    assert time.monotonic() - began < 25
    assert deaf.facts()["State"]["ExitCode"] == 137
    assert deaf.facts()["RestartCount"] == 0


def test_environment_is_ours(inside: Inside) -> None:
    """What is not listed in the table is not there, but for what the engine adds."""
    names, folder, home = inside("[sorted(os.environ), os.getcwd(), os.path.expanduser('~')]")
    ours = {line.partition("=")[0] for line in container_config(Role.CANDIDATE, "", (), SMALL)["Env"]}
    assert set(names) - ours == {"HOSTNAME"}
    assert (folder, home) == ("/tmp", "/tmp")


def test_carries_labels(box: Callable[..., Box]) -> None:
    """The janitor finds it by its role; the caller's labels are kept and cannot hide it."""
    labels = box("").facts()["Config"]["Labels"]
    assert labels[ROLE_LABEL] == "candidate"
    assert labels["test"] == "1"


def test_streams_are_pipes_to_the_host(box: Callable[..., Box], engine: Engine) -> None:
    """Bytes pass unchanged in both directions, and when the host lets go, input ends."""
    echo = box("import os, sys; os.write(1, os.read(0, 256)[::-1]); sys.exit(len(sys.stdin.buffer.read()))")
    api = engine.client.api
    attached = api.attach_socket(echo.id, {"stdin": 1, "stdout": 1, "stream": 1})
    api.start(echo.id)
    with attached, attached._sock as stream:
        stream.sendall(bytes(range(256)))
        received = b""
        while len(received) < 8 + 256:
            received += stream.recv(4096)
    assert received[8:] == bytes(reversed(range(256)))
    assert api.wait(echo.id, timeout=30)["StatusCode"] == 0


def test_streams_are_no_terminal(inside: Inside) -> None:
    """A terminal would take control characters out and put line ends in."""
    assert inside("[os.isatty(fd) for fd in (0, 1, 2)]") == [False] * 3


def test_every_row_names_a_test_that_exists() -> None:
    """The table is only as good as its proofs."""
    assert {option.test for option in OPTIONS} <= set(globals())


def test_no_row_is_written_twice() -> None:
    """The later one would win in silence."""
    paths = [option.path for option in OPTIONS]
    assert len(paths) == len(set(paths))


def test_everything_in_a_created_container_comes_from_the_table(box: Callable[..., Box]) -> None:
    """The engine has taken over each value that we set."""
    made = box("")
    host = made.facts()["HostConfig"]
    for name, value in made.config["HostConfig"].items():
        if name == "Runtime":
            continue  # empty: the engine writes its default's name
        assert (host[name] or value) == value, name
