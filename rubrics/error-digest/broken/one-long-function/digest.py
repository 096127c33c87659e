"""Print the most frequent error codes of the last hour of a JSON Lines log."""

import argparse
import heapq
import json
import sys
from collections import Counter
from datetime import datetime, timedelta


def whole_number(text: str) -> int:
    """Read a number from 1 up."""
    number = int(text)
    if number < 1:
        raise argparse.ArgumentTypeError(f"{text} is not a whole number from 1 up")
    return number


def main(argv: list[str]) -> int:
    """Run the command line and return its exit code."""
    parser = argparse.ArgumentParser(prog="digest.py", description=__doc__)
    parser.add_argument("log", help="file with one JSON entry per line, or - for standard input")
    parser.add_argument("--top", type=whole_number, default=10, help="how many codes (default: 10)")
    parser.add_argument("--window", type=whole_number, default=60, help="minutes (default: 60)")
    arguments = parser.parse_args(argv)
    length = timedelta(minutes=arguments.window)
    newest = None
    malformed_lines = 0
    counts: Counter[str] = Counter()
    errors_by_age: list[tuple[datetime, str]] = []
    log = None
    try:
        log = sys.stdin.buffer if arguments.log == "-" else open(arguments.log, "rb")
        for line in log:
            if line.strip():
                try:
                    fields = json.loads(line.decode("utf-8"))
                except (ValueError, RecursionError):
                    malformed_lines += 1
                else:
                    if isinstance(fields, dict) and isinstance(fields.get("time"), str):
                        try:
                            time = datetime.fromisoformat(fields["time"])
                        except ValueError:
                            malformed_lines += 1
                        else:
                            if time.utcoffset() is None:
                                malformed_lines += 1
                            else:
                                level = fields.get("level")
                                code = fields.get("code")
                                if not isinstance(level, str):
                                    malformed_lines += 1
                                elif level == "error" and (not isinstance(code, str) or not code):
                                    malformed_lines += 1
                                else:
                                    if newest is None or time > newest:
                                        newest = time
                                    if level == "error" and newest - time < length:
                                        heapq.heappush(errors_by_age, (time, code))
                                        counts[code] += 1
                                    while errors_by_age and newest - errors_by_age[0][0] >= length:
                                        _, old_code = heapq.heappop(errors_by_age)
                                        counts[old_code] -= 1
                                        if not counts[old_code]:
                                            del counts[old_code]
                    else:
                        malformed_lines += 1
    except OSError as error:
        print(f"cannot read {arguments.log}: {error.strerror}", file=sys.stderr)
        return 1
    finally:
        if log is not None and arguments.log != "-":
            log.close()
    for code, count in sorted(counts.items(), key=lambda item: (-item[1], item[0]))[: arguments.top]:
        print(f"{count}\t{code}")
    if malformed_lines:
        print(f"malformed lines: {malformed_lines}", file=sys.stderr)
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
