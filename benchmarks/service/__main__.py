"""`python -m benchmarks.service`: pages, an upload's way to its report, re-scoring."""

from __future__ import annotations

import argparse
import statistics
import time

import httpx2
from rich.console import Console
from rich.table import Table

from benchmarks.service.latency import latency
from benchmarks.service.place import fill, open_place, reviewer
from benchmarks.service.rescoring import rescore

PAGES = (
    "/healthz",
    "/",
    "/?order=highest",
    "/?decision=none",
    "/?status=needs-person",
    "/?q=person7",
    "/submissions/{id}",
    "/submissions/{id}/code",
    "/submissions/{id}/history",
    "/take-homes",
    "/take-homes/flatten",
    "/invitations",
    "/audit",
    "/api/v1/submissions",
    "/metrics",
)
AT_LEAST = 5
"""Requests that are measured of each, however slow."""
console = Console(highlight=False, width=100)


def pages(few: int, many: int, seconds: float) -> None:
    """Requests to a service with `few` and one with `many` submissions, in turn: what a page costs must not grow."""
    table = Table(title="pages: one browser, one server process", title_justify="left")
    for column in ("", f"{few:,}: req/s", "p95 ms", f"{many:,}: req/s", "p95 ms", "p50 ratio"):
        table.add_column(column, justify="right" if column else "left", no_wrap=True)
    with open_place() as small, open_place() as large:
        ids = [fill(small, few), fill(large, many)]
        with reviewer(small) as one, reviewer(large) as other:
            for name in PAGES:
                few_times, many_times = _times((one, other), [name.format(id=each) for each in ids], seconds)
                ratio = statistics.median(many_times) / statistics.median(few_times)
                table.add_row(name, *_figures(few_times), *_figures(many_times), f"{ratio:.2f}")
    console.print(table)


def _times(
    clients: tuple[httpx2.Client, httpx2.Client], paths: list[str], seconds: float
) -> tuple[list[float], list[float]]:
    """Seconds of each request to both, one after the other until `seconds` are over for each."""
    found: tuple[list[float], list[float]] = ([], [])
    end = None
    while end is None or time.perf_counter() < end or len(found[0]) < AT_LEAST:
        for client, path, times in zip(clients, paths, found, strict=True):
            start = time.perf_counter()
            answer = client.get(path)
            times.append(time.perf_counter() - start)
            if answer.status_code != 200:
                raise SystemExit(f"{path} answered {answer.status_code}")
        if end is None:  # the first of each is not counted: templates are compiled, connections made
            end = time.perf_counter() + 2 * seconds
            for times in found:
                times.clear()
    return found


def _figures(times: list[float]) -> tuple[str, str]:
    ordered = sorted(times)
    return f"{len(times) / sum(times):.0f}", f"{ordered[int(0.95 * (len(times) - 1))] * 1000:.1f}"


def main() -> None:
    """Parse the command line and measure."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.service", description=__doc__)
    parser.add_argument("--seconds", type=float, default=3.0, help="of each page and size")
    parser.add_argument("--few", type=int, default=100, help="submissions: enough to fill a page")
    parser.add_argument("--many", type=int, default=100_000, help="submissions")
    parser.add_argument("--rounds", type=int, default=7, help="uploads until their reports; 0 skips it")
    parser.add_argument("--rescore", type=int, default=10_000, help="stored submissions; 0 skips it")
    options = parser.parse_args()
    if options.seconds:
        pages(options.few, options.many, options.seconds)
    if options.rounds:
        with open_place() as service:
            latency(service, options.rounds, console)
    if options.rescore:
        with open_place() as service:
            rescore(service, options.rescore, console)


if __name__ == "__main__":
    main()
