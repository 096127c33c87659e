"""What a grading needs of this machine: each need checked, with what is wrong and how to mend it."""

from __future__ import annotations

import os
import shutil
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final

from api.images import CACHE, images
from sandbox.contract import Limits
from sandbox.engine import Engine, address, connect
from sandbox.errors import SandboxError
from sandbox.images.environments import ENVIRONMENTS, Environment

ROOM_BYTES: Final = 2 * 2**30
"""Room that the images of all environments take, with their building."""
OLDEST: Final = (20, 10)
"""First Docker with private control groups, which the table of options asks for."""


@dataclass(frozen=True)
class Finding:
    """One need: whether it is met, what was seen, and what to do when it is not."""

    name: str
    ok: bool
    said: str
    mend: str = ""


def diagnose(runtime: str | None = None) -> tuple[Finding, ...]:
    """Look at everything that a grading with `runtime` (None: the engine's default) depends on. Changes nothing."""
    try:
        engine = connect()
    except SandboxError as error:
        return (Finding("engine", False, str(error), "as root on Debian: `make setup`"), _room())
    with engine:
        return (*_engine(engine, runtime), *(_image(engine, one) for one in ENVIRONMENTS.values()), _room())


def _engine(engine: Engine, runtime: str | None) -> Iterator[Finding]:
    new_enough = _version(engine.version) >= OLDEST
    yield Finding(
        "engine",
        new_enough,
        f"Docker {engine.version} at {address()}",
        "" if new_enough else f"install Docker {OLDEST[0]}.{OLDEST[1]} or newer",
    )
    yield _runtime(engine, runtime)
    filtered = any(option.startswith("name=seccomp") for option in engine.security)
    yield Finding(
        "system calls",
        filtered,
        "filtered by seccomp" if filtered else "not filtered: the engine runs without seccomp",
        "" if filtered else "use a kernel and an engine with seccomp, without `seccomp-profile: unconfined`",
    )
    yield from _limits(engine)


def _runtime(engine: Engine, name: str | None) -> Finding:
    try:
        return Finding("runtime", True, engine.runtime(name) + ("" if name else " (the engine's default)"))
    except SandboxError as error:
        return Finding(
            "runtime", False, str(error), "install it and name it in daemon.json, or ask for another"
        )


def _limits(engine: Engine) -> Iterator[Finding]:
    """Limits that a kernel may lack; the engine then drops them with nothing but a warning."""
    info = engine.client.info()
    needs = {
        "memory": ("MemoryLimit", f"{Limits().memory_bytes / 2**20:.0f} MB a box"),
        "swap": ("SwapLimit", "none"),
        "processes": ("PidsLimit", f"{Limits().processes} a box"),
        "processor time": ("CpuCfsQuota", f"{Limits().cpus:g} cores a box"),
    }
    for name, (field, bound) in needs.items():
        ok = bool(info.get(field))
        # without a swap limit, a machine that has no swap is as good
        ok = ok or (name == "swap" and _no_swap())
        advice = "boot with `cgroup_enable=memory swapaccount=1`, or use control groups version 2"
        yield Finding(
            f"limit of {name}", ok, f"{bound}" if ok else "the kernel cannot do it", "" if ok else advice
        )


def _no_swap() -> bool:
    with open("/proc/swaps", encoding="utf-8") as swaps:  # noqa: PTH123 -- one line of a kernel file
        return len(swaps.readlines()) <= 1


def _image(engine: Engine, environment: Environment) -> Finding:
    name = f"image {environment.name}"
    try:
        image = images(engine).image_of(environment)
    except SandboxError as error:
        return Finding(name, False, str(error), "make images")
    return Finding(name, True, f"{image.reference}, Python {image.versions['python']}: {environment.summary}")


def _room() -> Finding:
    folder = CACHE
    while not folder.exists():
        folder = folder.parent
    free = shutil.disk_usage(folder).free
    writable = os.access(folder, os.W_OK)
    ok = free >= ROOM_BYTES and writable
    said = f"{free / 2**30:.1f} GB free in {folder}" + ("" if writable else ", which we may not write to")
    return Finding("disk", ok, said, "" if ok else "make room, or let XDG_CACHE_HOME name another folder")


def _version(text: str) -> tuple[int, ...]:
    return tuple(int(part) for part in text.split(".")[:2] if part.isdigit())
