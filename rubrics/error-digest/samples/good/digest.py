"""Command line of the error digest: most frequent error codes of the last hour."""

import argparse
import sys
from contextlib import nullcontext
from datetime import timedelta

from counting import RecentErrors
from entries import InvalidEntry, read_entry


def positive(text: str) -> int:
    """Convert an argument to a number from 1 up."""
    value = int(text)
    if value < 1:
        raise argparse.ArgumentTypeError("must be 1 or more")
    return value


def parse_arguments(argv: list[str]) -> argparse.Namespace:
    """Parse the command line; ends the program with 2 when it is wrong."""
    parser = argparse.ArgumentParser(description="Most frequent error codes of the last hour")
    parser.add_argument("log", help="log file, - for standard input")
    parser.add_argument("--top", type=positive, default=10, help="number of codes")
    parser.add_argument("--window", type=positive, default=60, help="minutes")
    return parser.parse_args(argv)


def main(argv: list[str]) -> int:
    """Print the digest of the log that `argv` names."""
    arguments = parse_arguments(argv)
    recent = RecentErrors(timedelta(minutes=arguments.window))
    malformed = 0
    try:
        with nullcontext(sys.stdin.buffer) if arguments.log == "-" else open(arguments.log, "rb") as log:
            for line in log:
                if line.isspace():
                    continue
                try:
                    recent.add(read_entry(line))
                except InvalidEntry:
                    malformed += 1
    except OSError as error:
        print(f"digest: {arguments.log}: {error.strerror}", file=sys.stderr)
        return 1
    for code, occurrences in recent.ranking()[: arguments.top]:
        print(occurrences, code, sep="\t")
    if malformed:
        print(f"malformed lines: {malformed}", file=sys.stderr)
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
