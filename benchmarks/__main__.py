"""`make bench`: a full grade over the bridge against a bare `pytest`, interleaved in one run; then throughput."""

from __future__ import annotations

import argparse
import statistics
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field, replace
from pathlib import Path

from rich.console import Console
from rich.table import Table

from api.grading import Grading, Job, open_grading
from benchmarks.bare import HIDDEN, Ruler, bench_files, checks, cold_container
from grader.formats.registry import FORMATS
from grader.report import Report
from grader.takehome import Takehome, find, shelf
from sandbox.engine import connect

TAKEHOMES = ("flatten", "inventory-api")
console = Console(highlight=False)


@dataclass
class Series:
    """Wall seconds of one thing, measured again and again."""

    name: str
    seconds: list[float] = field(default_factory=list)
    cpu: list[float] = field(default_factory=list)

    def quantile(self, share: float) -> float:
        """The value below which `share` of the measurements lie."""
        ordered = sorted(self.seconds)
        return ordered[min(len(ordered) - 1, int(share * len(ordered)))]


@dataclass
class Bench:
    """One take-home under measurement."""

    takehome: Takehome
    grading: Grading
    job: Job
    ruler: Ruler

    def full(self) -> tuple[float, Report]:
        """One full grade with a warm pool, reports in JSON and HTML included."""
        self.grading.sandbox.pool.wait_filled()
        start = time.perf_counter()
        report = self.grading.grade_files(self.job, self.takehome.reference)
        FORMATS["json"](report, self.takehome.reference)
        return time.perf_counter() - start, report

    def own(self) -> tuple[str, ...]:
        """The reference's own tests."""
        return self.job.plan.own_tests(self.takehome.reference)

    def argvs(self) -> list[list[str]]:
        """All checks as processes."""
        sources = tuple(path for path in self.takehome.reference if path.endswith(".py"))
        return checks(self.own(), sources)


def machine_cpu() -> float:
    """CPU seconds that this machine has spent in all, since it started (user, nice, system; not idle, not waiting)."""
    fields = [int(value) for value in Path("/proc/stat").read_text("ascii").split("\n", 1)[0].split()[1:]]
    return (fields[0] + fields[1] + fields[2] + fields[5] + fields[6]) / 100


def latency(bench: Bench, rounds: int) -> None:
    """Interleaved: bare pytest, the checks by hand, our full grade, our full grade with known-bad solutions."""
    bare, hand = Series("bare cold pytest, hidden suite only"), Series("the same checks by hand, no sandbox")
    full, deep = Series("full grade over the bridge"), Series("full grade + known-bad solutions")
    plain = replace(bench, job=replace(bench.job, plan=replace(bench.job.plan, variants=())))
    stages: dict[str, list[tuple[float, float]]] = {}
    for measured in range(-2, rounds):
        rows: list[tuple[Series, float, float]] = []
        found = bench.ruler.run(HIDDEN)
        if found["codes"] != [0]:
            raise SystemExit(f"the bare run of {bench.takehome.name} does not pass: {found}")
        rows.append((bare, found["wall"], found["cpu"]))
        plain.grading.sandbox.pool.wait_filled()
        before = machine_cpu()
        wall, report = plain.full()
        rows.append((full, wall, machine_cpu() - before))
        if report.outcome.value != "graded" or (report.score and report.score.points == 0):
            raise SystemExit(f"the full grade of {bench.takehome.name} failed: {report.reason}")
        if measured % 3 == 0:
            found = bench.ruler.run(*bench.argvs())
            rows.append((hand, found["wall"], found["cpu"]))
            if bench.job.plan.variants:
                bench.grading.sandbox.pool.wait_filled()
                rows.append((deep, bench.full()[0], 0.0))
        if measured >= 0:
            for series, wall, cpu in rows:
                series.seconds.append(wall)
                series.cpu.append(cpu)
            for stage in report.evidence.stages:
                stages.setdefault(stage.name, []).append((stage.wall_seconds, stage.cpu_seconds or 0.0))
    _print_latency(bench.takehome.name, [bare, hand, full, deep])
    _print_stages(stages)


def _print_latency(name: str, rows: list[Series]) -> None:
    ruler = rows[0].quantile(0.5)
    table = Table(title=f"{name}: latency, one at a time, interleaved", title_justify="left")
    for column in ("", "n", "p50 ms", "p95 ms", "p50 ratio", "p95 ratio", "CPU s"):
        table.add_column(column, justify="left" if not column else "right")
    for series in rows:
        if not series.seconds:
            continue
        middle, high = series.quantile(0.5), series.quantile(0.95)
        cpu = statistics.median(series.cpu)
        table.add_row(
            series.name,
            str(len(series.seconds)),
            f"{middle * 1000:.0f}",
            f"{high * 1000:.0f}",
            f"{middle / ruler:.2f}",
            f"{high / ruler:.2f}",
            f"{cpu:.2f}" if cpu else "",
        )
    console.print(table)


def _print_stages(stages: dict[str, list[tuple[float, float]]]) -> None:
    parts = [
        f"{name} {statistics.median(wall for wall, _ in values) * 1000:.0f} ms wall"
        + (
            f", {statistics.median(cpu for _, cpu in values) * 1000:.0f} ms CPU"
            if any(cpu for _, cpu in values)
            else ""
        )
        for name, values in stages.items()
    ]
    console.print("  stages (median): " + "; ".join(parts))


def throughput(bench: Bench, image: str, count: int) -> None:
    """Grades per minute at 1, 2, 4, 8 at a time, against one cold container per submission."""
    table = Table(title=f"{bench.takehome.name}: throughput", title_justify="left")
    for column in ("at a time", "ours / min", "cold container / min", "ratio", "ours CPU s", "cold CPU s"):
        table.add_column(column, justify="right")
    files = bench_files(bench.takehome.reference, bench.takehome.hidden_tests)
    plain = replace(bench.job, plan=replace(bench.job.plan, variants=()))
    with connect() as engine:
        for width in (1, 2, 4, 8):
            ours = _rate(width, count, lambda: bench.grading.grade_files(plain, bench.takehome.reference))
            cold = _rate(width, count, lambda: cold_container(engine, image, files, bench.argvs()))
            table.add_row(
                str(width),
                f"{ours[0]:.0f}",
                f"{cold[0]:.0f}",
                f"{ours[0] / cold[0]:.2f}",
                f"{ours[1]:.2f}",
                f"{cold[1]:.2f}",
            )
    console.print(table)


def _rate(width: int, count: int, work: Callable[[], object]) -> tuple[float, float]:
    """(per minute, CPU seconds of the machine each)."""
    with ThreadPoolExecutor(max_workers=width) as threads:
        list(threads.map(lambda _: work(), range(width)))  # seats and caches
        before, start = machine_cpu(), time.perf_counter()
        list(threads.map(lambda _: work(), range(count)))
        spent = time.perf_counter() - start
    return 60 * count / spent, (machine_cpu() - before) / count


def main() -> None:
    """Parse the command line and measure."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks", description=__doc__)
    parser.add_argument("--rounds", type=int, default=21, help="latency measurements of each kind")
    parser.add_argument("--count", type=int, default=24, help="grades for each throughput figure; 0 skips it")
    parser.add_argument("--takehome", action="append", help="only these take-homes")
    options = parser.parse_args()
    for name in options.takehome or TAKEHOMES:
        takehome = find(name, shelf())
        environment = takehome.spec.environment
        with open_grading((environment,), warm=2) as grading, connect() as engine:
            job = grading.job(takehome)
            image = grading.sandbox.environment(environment).image
            grading.sandbox.warm_up(environment, job.plan.limits, job.plan.suite)
            files = bench_files(takehome.reference, takehome.hidden_tests)
            with Ruler(engine, image, files) as ruler:
                bench = Bench(takehome, grading, job, ruler)
                latency(bench, options.rounds)
                if options.count:
                    throughput(bench, image, options.count)


if __name__ == "__main__":
    main()
