"""The one table of every option our containers are created with: what, from which limit, why, and which test proves it.

`container_config` turns the table into the body of Docker's "create container" call, for
`client.api.create_container_from_config`. An option that is set anywhere else is a defect.
The named tests live in `tests/sandbox/test_hardening.py` and look from inside a real container.
"""

from __future__ import annotations

import random
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any, Final

from sandbox.contract import Limits

ROLE_LABEL: Final = "takehome-grader.role"
"""On every container we create; the janitor reaps by it."""
WRITABLE: Final = "/tmp"  # noqa: S108 -- a path in the container, where nobody else lives
"""The only folder that can be written to: working directory, home and temporary files in one bounded tmpfs."""
SHARED_MEMORY: Final = "/dev/shm"  # noqa: S108 -- as above
SHARED_MEMORY_BYTES: Final = 4 * 2**20
CPU_PERIOD_MICROSECONDS: Final = 100_000
FIRST_UID: Final = 10_001
UIDS: Final = 50_000
"""Size of the range of user ids; it ends below 65,536, so that it exists under a remapped user namespace too."""


class Role(StrEnum):
    """What a container is for (see docs/architecture.md)."""

    CANDIDATE = "candidate"
    GRADING = "grading"
    READING = "reading"


SEAT_LIMITS: Final[Mapping[Role, Limits]] = {
    Role.GRADING: Limits(
        memory_bytes=1024 * 2**20,
        processes=512,
        cpus=4.0,
        open_files=4096,
        disk_bytes=512 * 2**20,
        disk_inodes=65_536,
    ),
    Role.READING: Limits(
        memory_bytes=1024 * 2**20,
        processes=256,
        cpus=4.0,
        open_files=1024,
        disk_bytes=512 * 2**20,
        disk_inodes=65_536,
    ),
}
"""Bounds of the long-lived containers, which serve many gradings at a time. Candidates never share one of theirs."""

SHAPING: Final = ("memory_bytes", "processes", "cpus", "open_files", "disk_bytes", "disk_inodes")
"""Fields of Limits that are fixed when a container is created."""


def shape(limits: Limits) -> tuple[float, ...]:
    """What two limits must have in common for one waiting container to serve both."""
    return tuple(getattr(limits, name) for name in SHAPING)


@dataclass(frozen=True)
class Wish:
    """What a container is wanted for: the input of every value in the table."""

    role: Role
    limits: Limits
    uid: int
    runtime: str | None = None
    labels: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True)
class Option:
    """One row: `path` is the field of the Engine API (dotted), `value` computes it, `test` proves it."""

    path: str
    value: Callable[[Wish], Any]
    reason: str
    test: str


def _tmpfs(wish: Wish) -> dict[str, str]:
    owner = f"uid={wish.uid},gid={wish.uid},mode=0700"
    secure = "rw,nosuid,nodev,noexec"
    limits = wish.limits
    return {
        WRITABLE: f"{secure},{owner},size={limits.disk_bytes},nr_inodes={limits.disk_inodes}",
        SHARED_MEMORY: f"{secure},{owner},size={SHARED_MEMORY_BYTES},nr_inodes=64",
    }


def _environment(wish: Wish) -> list[str]:
    threads = max(1, int(wish.limits.cpus))
    return [
        "PATH=/usr/local/bin:/usr/bin:/bin",
        "LANG=C.UTF-8",
        "TZ=UTC",
        "USER=box",
        f"HOME={WRITABLE}",
        f"TMPDIR={WRITABLE}",
        "PYTHONDONTWRITEBYTECODE=1",
        f"OMP_NUM_THREADS={threads}",
        f"OPENBLAS_NUM_THREADS={threads}",
        f"POLARS_MAX_THREADS={threads}",
    ]


def _ulimits(wish: Wish) -> list[dict[str, Any]]:
    bounds = {"nofile": wish.limits.open_files, "core": 0, "msgqueue": 0}
    return [{"Name": name, "Soft": bound, "Hard": bound} for name, bound in bounds.items()]


OPTIONS: Final = (
    # who it runs as
    Option(
        "User",
        lambda wish: f"{wish.uid}:{wish.uid}",
        "An unprivileged user, another one for each container: the kernel counts pipe buffers, pending signals "
        "and inotify watches per user, so one box could starve another.",
        "test_runs_as_an_unprivileged_user_of_its_own",
    ),
    Option(
        "HostConfig.CapDrop",
        lambda _: ["ALL"],
        "None of root's powers is needed.",
        "test_has_no_capabilities",
    ),
    Option(
        "HostConfig.SecurityOpt",
        lambda _: ["no-new-privileges:true"],
        "No setuid program can give powers back. The engine's seccomp profile stays on, because nothing here "
        "turns it off.",
        "test_cannot_gain_privileges_and_is_filtered_by_seccomp",
    ),
    Option(
        "HostConfig.Privileged",
        lambda _: False,
        "Said aloud: everything else here would be void.",
        "test_has_no_capabilities",
    ),
    Option(
        "HostConfig.Runtime",
        lambda wish: wish.runtime or "",
        "The runtime the operator asked for; empty means the engine's default. A missing one is refused before, "
        "by sandbox.engine.",
        "test_uses_the_runtime_asked_for",
    ),
    # what it can reach
    Option(
        "HostConfig.NetworkMode",
        lambda _: "none",
        "No network at all: nothing to attack, nothing to fetch answers from, nobody to tell.",
        "test_has_no_network",
    ),
    Option(
        "NetworkDisabled",
        lambda _: True,
        "So that the engine lends no name server and no host table either.",
        "test_has_no_network",
    ),
    Option(
        "Hostname",
        lambda _: "box",
        "Not the container's id: what a program prints must not depend on which box it got.",
        "test_every_box_looks_alike",
    ),
    Option(
        "HostConfig.CgroupnsMode",
        lambda _: "private",
        "/proc/self/cgroup tells neither the container's id nor how the host arranges its groups.",
        "test_every_box_looks_alike",
    ),
    Option(
        "HostConfig.IpcMode",
        lambda _: "none",
        "Own shared memory and message queues, and none of the engine's unbounded /dev/shm.",
        "test_shared_memory_is_small_and_its_own",
    ),
    Option(
        "HostConfig.PidMode",
        lambda _: "",
        "Sees its own processes and nobody else's.",
        "test_sees_only_its_own_processes",
    ),
    Option(
        "HostConfig.Binds",
        lambda _: [],
        "Nothing of the host is mounted, least of all the engine's socket.",
        "test_mounts_nothing_of_the_host",
    ),
    Option(
        "HostConfig.Devices",
        lambda _: [],
        "No device but the engine's harmless ones (null, zero, random …).",
        "test_has_only_harmless_devices",
    ),
    # what it can write
    Option(
        "HostConfig.ReadonlyRootfs",
        lambda _: True,
        "Code that runs cannot change the programs that come after it.",
        "test_root_is_read_only",
    ),
    Option(
        "HostConfig.Tmpfs",
        _tmpfs,
        "One folder to write to, gone with the container, bounded in bytes and in files. noexec: candidates give "
        "us Python source, so a program file they bring does not start.",
        "test_disk_is_bounded_in_bytes_and_inodes",
    ),
    Option(
        "HostConfig.LogConfig",
        lambda _: {"Type": "none", "Config": {}},
        "What a candidate prints must not fill the host's disk; we are attached and keep what we want.",
        "test_engine_keeps_no_log",
    ),
    # how much it can use
    Option(
        "HostConfig.Memory",
        lambda wish: wish.limits.memory_bytes,
        "Limits.memory_bytes. tmpfs pages count.",
        "test_memory_is_bounded",
    ),
    Option(
        "HostConfig.MemorySwap",
        lambda wish: wish.limits.memory_bytes,
        "Memory and swap together, so none of it is swap: swapping would slow everybody.",
        "test_memory_is_bounded",
    ),
    Option(
        "HostConfig.OomScoreAdj",
        lambda wish: 500 if wish.role is Role.CANDIDATE else 0,
        "When the host itself runs out of memory, a candidate goes first.",
        "test_candidate_goes_first_when_memory_runs_out",
    ),
    Option(
        "HostConfig.PidsLimit",
        lambda wish: wish.limits.processes,
        "Limits.processes. Threads count.",
        "test_processes_are_bounded",
    ),
    Option(
        "HostConfig.CpuPeriod",
        lambda _: CPU_PERIOD_MICROSECONDS,
        "Period of the share below.",
        "test_processor_time_is_bounded",
    ),
    Option(
        "HostConfig.CpuQuota",
        lambda wish: int(wish.limits.cpus * CPU_PERIOD_MICROSECONDS),
        "Limits.cpus. A busy loop is no burden for its neighbours. Not NanoCpus: the engine refuses one above "
        "the number of cores, and a take-home must not fail on a smaller machine.",
        "test_processor_time_is_bounded",
    ),
    Option(
        "HostConfig.Ulimits",
        _ulimits,
        "Limits.open_files; no core dumps, no message queues.",
        "test_open_files_and_core_dumps_are_bounded",
    ),
    # how it lives
    Option(
        "HostConfig.Init",
        lambda _: False,
        "Our keeper is process 1: it reaps, and nothing stands between it and the host.",
        "test_command_is_process_one",
    ),
    Option(
        "HostConfig.RestartPolicy",
        lambda _: {"Name": "no", "MaximumRetryCount": 0},
        "A container that ended is evidence; it does not come back.",
        "test_ends_for_good_and_stays_to_be_inspected",
    ),
    Option(
        "HostConfig.AutoRemove",
        lambda _: False,
        "Whoever owns the box asks first why it ended (out of memory?), then removes it.",
        "test_ends_for_good_and_stays_to_be_inspected",
    ),
    Option(
        "StopSignal",
        lambda _: "SIGKILL",
        "A candidate is not asked to leave.",
        "test_ends_for_good_and_stays_to_be_inspected",
    ),
    Option(
        "Healthcheck",
        lambda _: {"Test": ["NONE"]},
        "A base image must not bring a command that runs beside ours.",
        "test_command_is_process_one",
    ),
    Option("Entrypoint", lambda _: [], "Neither may it wrap our command.", "test_command_is_process_one"),
    Option(
        "WorkingDir",
        lambda _: WRITABLE,
        "The one folder that can be written to.",
        "test_environment_is_ours",
    ),
    Option(
        "Env",
        _environment,
        "Few variables, none of the host's. Numeric libraries start a thread per core of the host unless told "
        "otherwise, and would run into Limits.processes.",
        "test_environment_is_ours",
    ),
    Option(
        "Labels",
        lambda wish: {**wish.labels, ROLE_LABEL: wish.role.value},
        "What a crash leaves behind is found and removed by its label.",
        "test_carries_labels",
    ),
    # how we talk to it
    Option("OpenStdin", lambda _: True, "Frames go in here.", "test_streams_are_pipes_to_the_host"),
    Option(
        "StdinOnce",
        lambda _: True,
        "When the host goes away, standard input ends and so does the keeper.",
        "test_streams_are_pipes_to_the_host",
    ),
    Option("AttachStdin", lambda _: True, "As above.", "test_streams_are_pipes_to_the_host"),
    Option("AttachStdout", lambda _: True, "Frames come out here.", "test_streams_are_pipes_to_the_host"),
    Option(
        "AttachStderr",
        lambda _: True,
        "Last words of a keeper that cannot start.",
        "test_streams_are_pipes_to_the_host",
    ),
    Option(
        "Tty",
        lambda _: False,
        "A terminal would rewrite bytes and take control characters.",
        "test_streams_are_no_terminal",
    ),
)


def container_config(
    role: Role,
    image: str,
    command: tuple[str, ...],
    limits: Limits | None = None,
    *,
    runtime: str | None = None,
    labels: Mapping[str, str] | None = None,
) -> dict[str, Any]:
    """The body of a "create container" call for `client.api.create_container_from_config`.

    `limits` may be left out for seats, which have their own (SEAT_LIMITS).
    `runtime` must have been checked by `sandbox.engine`.
    """
    wish = Wish(
        role=role,
        limits=limits or SEAT_LIMITS[role],
        uid=FIRST_UID + random.randrange(UIDS),  # noqa: S311 -- kept apart by chance, not a secret
        runtime=runtime,
        labels=labels or {},
    )
    config: dict[str, Any] = {"Image": image, "Cmd": list(command), "HostConfig": {}}
    for option in OPTIONS:
        place, _, name = option.path.rpartition(".")
        (config[place] if place else config)[name] = option.value(wish)
    return config
