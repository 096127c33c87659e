"""`python -m benchmarks.service`: requests per second with few and many submissions; an upload's way to its report."""

from __future__ import annotations

import argparse
import statistics
import time

import httpx2
from rich.console import Console
from rich.table import Table

from benchmarks.service.latency import latency
from benchmarks.service.place import fill, open_place, reviewer

console = Console(highlight=False)


def pages(few: int, many: int, seconds: float) -> None:
    """The same requests with `few` and with `many` submissions in the database: their cost must not grow."""
    table = Table(title="pages: one browser, one server process", title_justify="left")
    for column in ("", f"{few:,}: req/s", "p95 ms", f"{many:,}: req/s", "p95 ms", "p50 ratio"):
        table.add_column(column, justify="left" if not column else "right")
    with open_place() as service:
        measured: dict[str, list[list[float] | None]] = {}
        for count in (few, many):
            one = fill(service, count)
            paths = {"/healthz": "/healthz", "/": "/", "/metrics": "/metrics"}
            paths["/submissions/{id}"] = f"/submissions/{one}"
            with reviewer(service) as client:
                for name, path in paths.items():
                    measured.setdefault(name, []).append(_times(client, path, seconds))
    for name, (small, large) in measured.items():
        if small is None or large is None:
            table.add_row(name, *["no such page"] * 4, "")
            continue
        ratio = statistics.median(large) / statistics.median(small)
        table.add_row(name, *_figures(small), *_figures(large), f"{ratio:.2f}")
    console.print(table)


def _times(client: httpx2.Client, path: str, seconds: float) -> list[float] | None:
    """Seconds of each request; None where there is no such page."""
    if client.get(path).status_code != 200:
        return None
    found, end = [], time.perf_counter() + seconds
    while time.perf_counter() < end or len(found) < 5:
        start = time.perf_counter()
        answer = client.get(path)
        found.append(time.perf_counter() - start)
        if answer.status_code != 200:
            raise SystemExit(f"{path} answered {answer.status_code} during the measurement")
    return found


def _figures(times: list[float]) -> tuple[str, str]:
    ordered = sorted(times)
    return f"{len(times) / sum(times):.0f}", f"{ordered[int(0.95 * (len(times) - 1))] * 1000:.1f}"


def main() -> None:
    """Parse the command line and measure."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.service", description=__doc__)
    parser.add_argument("--seconds", type=float, default=3.0, help="of each page and size")
    parser.add_argument("--few", type=int, default=10)
    parser.add_argument("--many", type=int, default=100_000)
    parser.add_argument("--rounds", type=int, default=7, help="uploads until their reports; 0 skips it")
    options = parser.parse_args()
    if options.seconds:
        pages(options.few, options.many, options.seconds)
    if options.rounds:
        with open_place() as service:
            latency(service, options.rounds, console)


if __name__ == "__main__":
    main()
