"""`python -m benchmarks.mutation [TAKEHOME …]`: ours, mutmut and cosmic-ray on the same code with the same tests.

The two are installed into a throw-away environment; they are no part of the project. All three run outside of the
sandbox, one after the other, on a reference solution and its own tests. Verdicts are compared on the changes that two
tools have in common: those that give the same syntax tree.
"""

from __future__ import annotations

import os
import resource
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import partial
from pathlib import Path

from benchmarks.mutation import others, ours
from grader.takehome import find, shelf

TAKEHOMES = ("flatten", "retry")
TOOLS = ("mutmut", "cosmic-ray", "pytest")


@dataclass(frozen=True)
class Row:
    """What one tool did. `verdicts`: unparsed changed file → whether the tests noticed."""

    tool: str
    mutants: int
    killed: int
    wall: float
    cpu: float
    verdicts: Mapping[str, bool]


def main() -> None:
    """Print a table for each take-home."""
    with tempfile.TemporaryDirectory() as folder:
        python = environment(Path(folder, "venv"))
        for name in sys.argv[1:] or TAKEHOMES:
            show(name, rows_of(name, Path(folder), python))


def rows_of(name: str, folder: Path, python: Path) -> list[Row]:
    """One take-home with all three."""
    files = find(name, shelf()).reference
    code = f"{name}.py"
    return [
        measured("ours", partial(by_ours, files, code)),
        measured("mutmut", partial(others.mutmut, folder / f"{name}-mutmut", python, files, code)),
        measured("cosmic-ray", partial(others.cosmic_ray, folder / f"{name}-cosmic", python, files, code)),
    ]


def environment(folder: Path) -> Path:
    """A fresh environment with the other tools; its Python."""
    uv = Path(sys.executable).with_name("uv")
    subprocess.run([uv, "venv", "--quiet", "--python", sys.executable, folder], check=True)
    subprocess.run(
        [uv, "pip", "install", "--quiet", *TOOLS], check=True, env={**os.environ, "VIRTUAL_ENV": str(folder)}
    )
    return folder / "bin" / "python"


def _started() -> Mapping[str, bool]:
    ours.get_ready()
    return {}


def starting() -> float:
    """Processor seconds of a start of ours that tries nothing."""
    return measured("start", _started).cpu


def measured(tool: str, work: Callable[[], Mapping[str, bool]]) -> Row:
    """Run it, with wall time and the processor time of all that it started."""
    before, begin = resource.getrusage(resource.RUSAGE_CHILDREN), time.monotonic()
    verdicts = work()
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    cpu = after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime
    killed = sum(verdicts.values())
    return Row(tool, len(verdicts), killed, time.monotonic() - begin, cpu, verdicts)


def by_ours(files: Mapping[str, bytes], code: str) -> Mapping[str, bool]:
    """All changes that we could make."""
    planned = ours.plan(files, 200)
    result = ours.probe(files, planned)
    verdict = {row["id"]: row["verdict"] for row in result.mutants}
    source = files[code].decode()
    return {
        others.key(others.with_diff(source, change.line, change.diff)): verdict.get(number)
        in {"killed", "timeout"}
        for number, change in enumerate(planned.changes)
        if not change.control
    }


def show(name: str, rows: list[Row]) -> None:
    """The table of one take-home, and what of ours is the start of a process."""
    print(f"\n`{name}`\n")
    print("| tool | changes | noticed | wall s | CPU s | CPU ms each | times ours | same verdict as ours |")
    print("|---|--:|--:|--:|--:|--:|--:|--:|")
    first = rows[0]
    warm = first.cpu - starting()
    for row in rows:
        each = row.cpu / max(1, row.mutants) * 1000
        common = row.verdicts.keys() & first.verdicts.keys()
        same = sum(row.verdicts[one] == first.verdicts[one] for one in common)
        times = each / (first.cpu / first.mutants * 1000)
        share = f"{row.killed / max(1, row.mutants):.0%}"
        print(
            f"| {row.tool} | {row.mutants} | {row.killed} ({share}) | {row.wall:.1f} | {row.cpu:.1f} "
            f"| {each:.0f} | {times:.1f} | {same} of {len(common)} |"
        )
        for one in sorted(common):
            if row.verdicts[one] != first.verdicts[one]:
                print(
                    f"<!-- {row.tool} noticed: {row.verdicts[one]}, ours: {first.verdicts[one]}: {one!r} -->"
                )
    others_each = ", ".join(
        f"{row.cpu / max(1, row.mutants) / (warm / first.mutants):.1f} times for {row.tool}"
        for row in rows[1:]
    )
    print(
        f"\nOurs in a box that is ready: {warm:.2f} CPU s, {warm / first.mutants * 1000:.0f} ms each; {others_each}."
    )


if __name__ == "__main__":
    main()
