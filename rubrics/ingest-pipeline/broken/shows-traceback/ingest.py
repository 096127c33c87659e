"""Check the payments of a file, keep the good ones in one form and put the others aside with the reason.

The source is read once, in chunks. After each chunk its results are on the disk with a checkpoint behind them, and
a run that was stopped goes on from the last one.
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Sequence
from itertools import islice
from pathlib import Path
from typing import BinaryIO

from records import Record, RejectedError, checked
from sources import Line, Parse, SourceError, csv_parser, lines_from, parse_json, read_header
from store import Chunk, Store

EXIT_FAILED = 1


def accepted_record(line: Line, parse: Parse, known_ids: set[str]) -> Record:
    """Make a record of a line.

    Raises:
        RejectedError: it cannot be accepted.
    """
    record = checked(parse(line.text()))
    if record.id in known_ids:
        raise RejectedError("duplicate", record.id)
    return record


def process(line: Line, parse: Parse, known_ids: set[str], chunk: Chunk) -> None:
    """Accept or reject one line."""
    try:
        record = accepted_record(line, parse, known_ids)
    except RejectedError as error:
        chunk.reject(line.number, error.reason, line.raw)
    else:
        known_ids.add(record.id)
        chunk.accept(record.as_fields())
    chunk.progress.line = line.number
    chunk.progress.offset = line.end


def ingest(source: BinaryIO, path: Path, store: Store, chunk_size: int) -> None:
    """Process what is left of the source, and print a line after each chunk.

    Raises:
        SourceError: it is a CSV file without the columns that must be there.
        OSError: something cannot be read or written.
    """
    parse: Parse = parse_json
    progress = store.progress
    if path.suffix == ".csv":
        columns, first_record = read_header(source, path)
        parse = csv_parser(columns)
        if not progress.offset:
            progress.line, progress.offset = 1, first_record
    known_ids = set(store.accepted_ids())
    lines = lines_from(source, progress.line, progress.offset)
    while some := list(islice(lines, chunk_size)):
        with store.chunk() as chunk:
            for line in some:
                process(line, parse, known_ids, chunk)
        print(progress, flush=True)
    store.finish()


def _arguments(argv: Sequence[str]) -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="ingest.py", description=__doc__)
    parser.add_argument("source", type=_source, help="file that ends in .jsonl or .csv")
    parser.add_argument("out", type=Path, help="folder for the results")
    parser.add_argument("--chunk", type=_whole_number, default=1000, help="records at a time (default: 1000)")
    return parser.parse_args(argv)


def _source(text: str) -> Path:
    path = Path(text)
    if path.suffix not in {".jsonl", ".csv"}:
        raise argparse.ArgumentTypeError(f"{text} ends in neither .jsonl nor .csv")
    return path


def _whole_number(text: str) -> int:
    number = int(text)
    if number < 1:
        raise argparse.ArgumentTypeError(f"{text} is not a whole number from 1 up")
    return number


def main(argv: Sequence[str]) -> int:
    """Run the command line and return its exit code."""
    arguments = _arguments(argv)
    try:
        source = arguments.source.open("rb")
    except OSError as error:
        print(f"{arguments.source}: {error.strerror}", file=sys.stderr)
        return EXIT_FAILED
    try:
        with source:
            store = Store(arguments.out)
            if not store.is_finished:
                ingest(source, arguments.source, store, arguments.chunk)
    except SourceError as error:
        print(error, file=sys.stderr)
        return EXIT_FAILED
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
