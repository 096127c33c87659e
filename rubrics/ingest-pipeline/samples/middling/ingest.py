"""Ingest payments from JSON Lines or CSV."""

import argparse
import csv
import json
import os
import re
import sys
from datetime import datetime, timezone
from decimal import Decimal, InvalidOperation


class Rejected(Exception):
    def __init__(self, reason):
        self.reason = reason


def check(fields):
    for name in ("id", "time", "amount", "currency"):
        if not isinstance(fields.get(name), str):
            raise Rejected("fields")
    if not re.match(r"^[A-Za-z0-9_-]{1,40}$", fields["id"]):
        raise Rejected("id")
    try:
        time = datetime.fromisoformat(fields["time"])
    except ValueError:
        raise Rejected("time")
    if time.tzinfo is None:
        raise Rejected("time")
    try:
        amount = Decimal(fields["amount"])
    except InvalidOperation:
        raise Rejected("amount")
    if amount <= 0:
        raise Rejected("amount")
    if fields["currency"] not in ("EUR", "GBP", "USD"):
        raise Rejected("currency")
    return {
        "id": fields["id"],
        "time": time.astimezone(timezone.utc).strftime("%Y-%m-%dT%H:%M:%SZ"),
        "amount": f"{amount:.2f}",
        "currency": fields["currency"],
        "note": fields.get("note") or "",
    }


def parse(line, header):
    if header is None:
        try:
            fields = json.loads(line)
        except ValueError:
            raise Rejected("syntax")
        if not isinstance(fields, dict):
            raise Rejected("fields")
        return fields
    values = next(csv.reader([line]))
    if len(values) != len(header):
        raise Rejected("fields")
    return dict(zip(header, values))


def process(source, out, chunk, header):
    seen = set()
    read = accepted = 0
    rejected = {}
    with open(os.path.join(out, "accepted.jsonl"), "w") as good, open(os.path.join(out, "rejected.jsonl"), "w") as bad:
        for number, raw in enumerate(source, start=1 if header is None else 2):
            if not raw.strip():
                continue
            read += 1
            try:
                try:
                    line = raw.decode("utf-8")
                except UnicodeDecodeError:
                    raise Rejected("encoding")
                record = check(parse(line, header))
                if record["id"] in seen:
                    raise Rejected("duplicate")
                seen.add(record["id"])
                good.write(json.dumps(record) + "\n")
                accepted += 1
            except Rejected as error:
                text = raw.decode("utf-8", errors="backslashreplace").rstrip("\r\n")
                bad.write(json.dumps({"line": number, "reason": error.reason, "raw": text}) + "\n")
                rejected[error.reason] = rejected.get(error.reason, 0) + 1
            if read % chunk == 0:
                print(f"{read} read, {accepted} accepted, {sum(rejected.values())} rejected")
        if read % chunk:
            print(f"{read} read, {accepted} accepted, {sum(rejected.values())} rejected")
    with open(os.path.join(out, "summary.json"), "w") as file:
        json.dump({"read": read, "accepted": accepted, "rejected": rejected}, file)


def main(argv):
    parser = argparse.ArgumentParser()
    parser.add_argument("source")
    parser.add_argument("out")
    parser.add_argument("--chunk", type=int, default=1000)
    args = parser.parse_args(argv)
    if args.chunk < 1 or not args.source.endswith((".jsonl", ".csv")):
        parser.error("bad arguments")
    try:
        with open(args.source, "rb") as source:
            os.makedirs(args.out, exist_ok=True)
            header = None
            if args.source.endswith(".csv"):
                header = next(csv.reader([source.readline().decode("utf-8")]))
            process(source, args.out, args.chunk, header)
    except Exception as error:
        print(f"error: {error}", file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
