"""Holds the measures of quality against code whose quality is known. See docs/calibration.md.

python -m benchmarks.calibration ranking --good DIR --poor DIR
python -m benchmarks.calibration refactorings [--listed] GIT_DIR …
python -m benchmarks.calibration metamorphic DIR [--most N]
python -m benchmarks.calibration references
python -m benchmarks.calibration identical [--evidence FILE] [--times N]
"""

from __future__ import annotations

import argparse
from collections.abc import Sequence
from pathlib import Path

from rich.console import Console

from benchmarks.calibration import identical, metamorphic, ranking, refactorings, references
from grader.reading import warm


def main(arguments: Sequence[str] | None = None) -> None:
    """Run one of the comparisons and print its table."""
    options = _options(arguments)
    console = Console(highlight=False, width=140)
    warm()
    if options.command == "ranking":
        ranking.show(options.good, options.poor, console)
    elif options.command == "refactorings":
        refactorings.show(options.repositories, console, listed=options.listed)
    elif options.command == "metamorphic":
        metamorphic.show(options.folder, options.most, console)
    elif options.command == "references":
        references.show(console)
    else:
        identical.show(options.evidence, options.times, console)


def _options(arguments: Sequence[str] | None) -> argparse.Namespace:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    commands = parser.add_subparsers(dest="command", required=True)
    command = commands.add_parser("ranking", help="good repositories against poor ones")
    command.add_argument("--good", type=Path, required=True, help="a folder of checkouts of exemplary code")
    command.add_argument("--poor", type=Path, required=True, help="a folder of checkouts of beginners' code")
    command = commands.add_parser("refactorings", help="files before and after refactoring commits")
    command.add_argument("repositories", type=Path, nargs="+", metavar="GIT_DIR")
    command.add_argument("--listed", action="store_true", help="what each pair does to each measure")
    command = commands.add_parser("metamorphic", help="code that was made worse on purpose")
    command.add_argument("folder", type=Path, metavar="DIR")
    command.add_argument("--most", type=int, default=500, help="functions or files of each kind")
    commands.add_parser("references", help="the reference solutions, made worse on purpose")
    command = commands.add_parser("identical", help="the same submission many times")
    command.add_argument("--evidence", default="", help="stored evidence of `flatten` to score each time")
    command.add_argument("--times", type=int, default=100)
    return parser.parse_args(arguments)


if __name__ == "__main__":
    main()
