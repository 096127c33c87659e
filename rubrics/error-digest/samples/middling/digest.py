import argparse
import json
import sys
from collections import Counter
from datetime import datetime, timedelta


def parse_line(line):
    entry = json.loads(line)
    time = datetime.fromisoformat(entry["time"])
    return time, entry["level"], entry.get("code")


def read_entries(lines):
    entries = []
    malformed = 0
    for line in lines:
        if line.strip() == "":
            continue
        try:
            entries.append(parse_line(line))
        except Exception:
            malformed += 1
    return entries, malformed


def count_errors(entries, window):
    newest = max(entry[0] for entry in entries)
    start = newest - timedelta(minutes=window)
    counter = Counter()
    for time, level, code in entries:
        if level == "error" and time >= start:
            counter[code] += 1
    return counter


def main(argv):
    parser = argparse.ArgumentParser()
    parser.add_argument("log")
    parser.add_argument("--top", type=int, default=10)
    parser.add_argument("--window", type=int, default=60)
    args = parser.parse_args(argv)
    if args.log == "-":
        lines = sys.stdin.readlines()
    else:
        try:
            with open(args.log) as f:
                lines = f.readlines()
        except FileNotFoundError:
            print("file not found: " + args.log, file=sys.stderr)
            return 1
    entries, malformed = read_entries(lines)
    if entries:
        counter = count_errors(entries, args.window)
        for code, count in sorted(counter.items(), key=lambda x: (-x[1], x[0]))[: args.top]:
            print(f"{count}\t{code}")
    if malformed > 0:
        print(f"malformed lines: {malformed}", file=sys.stderr)
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
