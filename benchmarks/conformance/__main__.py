"""Reports how many public test suites run unmodified over the bridge. See docs/conformance.md.

python -m benchmarks.conformance --collections DIR [--only NAME …] [--sample N] [--python PATH] [--json FILE]

Exit code: 0 when every suite that passes in one process also passes over the bridge, 1 when not,
2 when nothing could be measured.
"""

from __future__ import annotations

import argparse
import dataclasses
import json
import sys
from collections.abc import Sequence
from pathlib import Path
from random import Random

from benchmarks.conformance.comparison import Difference, differences, row
from benchmarks.conformance.exercise import Exercise, judges_candidate
from benchmarks.conformance.manifest import COLLECTIONS, Collection
from benchmarks.conformance.one_process import Outcomes, run_in_one_process
from benchmarks.conformance.over_bridge import open_sandbox, run_over_bridge
from benchmarks.conformance.table import differing_suites, table
from sandbox.contract import Sandbox


def main(arguments: Sequence[str] | None = None) -> int:
    """Measure the collections that are there, print the table, then what differs."""
    options = _options(arguments)
    wanted = [c for c in COLLECTIONS if not options.only or c.folder in options.only]
    there = [c for c in wanted if (options.collections / c.folder).is_dir()]
    for collection in wanted:
        if collection not in there:
            place = options.collections / collection.folder
            print(f"missing: {place}: put a checkout of {collection.repository} there")
    if not there:
        return 2
    rows, found = [], []
    with open_sandbox(options.environment) as sandbox:
        for collection in there:
            plain, differing = _measure(collection, options, sandbox)
            rows.append(row(collection.repository, collection.kind, plain, differing))
            found += [difference for each in differing for difference in each]
            print(
                f"measured {collection.repository}: {rows[-1].percentage:.1f} %", file=sys.stderr, flush=True
            )
    print(table(rows))
    print(*differing_suites(found), sep="\n")
    if options.json:
        record = {
            "rows": [dataclasses.asdict(r) for r in rows],
            "differences": [dataclasses.asdict(d) for d in found],
        }
        options.json.write_text(json.dumps(record, indent=1), encoding="utf-8")
    return 1 if found else 0


def _measure(
    collection: Collection, options: argparse.Namespace, sandbox: Sandbox
) -> tuple[list[Outcomes], list[list[Difference]]]:
    """Both runs of every suite that judges its candidate; one that passes nothing in one process runs only once."""
    plain, differing = [], []
    found = filter(judges_candidate, collection.adapter(options.collections / collection.folder))
    for exercise in found if options.sample is None else _sample(list(found), options.sample):
        alone = run_in_one_process(exercise, options.python)
        plain.append(alone)
        bridged = run_over_bridge(exercise, sandbox, options.environment) if alone.passed else Outcomes()
        differing.append(differences(f"{collection.folder}/{exercise.name}", alone, bridged))
    return plain, differing


def _sample(exercises: list[Exercise], size: int) -> list[Exercise]:
    """As many of them, the same ones each time."""
    return Random(0).sample(exercises, min(size, len(exercises)))  # noqa: S311 -- nothing is guarded by it


def _options(arguments: Sequence[str] | None) -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m benchmarks.conformance", description=__doc__)
    parser.add_argument("--collections", type=Path, required=True, help="folder that holds the checkouts")
    parser.add_argument(
        "--only", action="append", metavar="NAME", help="folder name of a collection (repeatable)"
    )
    parser.add_argument("--sample", type=int, metavar="N", help="only N suites of each collection, at random")
    parser.add_argument(
        "--python", default=sys.executable, help="interpreter with pytest for the one-process run"
    )
    parser.add_argument("--environment", default="base", help="environment of the boxes (default: base)")
    parser.add_argument("--json", type=Path, metavar="FILE", help="also write rows and differences here")
    return parser.parse_args(arguments)


if __name__ == "__main__":
    sys.exit(main())
