"""Check the payments of a file, keep the good ones in one form and put the others aside with the reason."""

from __future__ import annotations

import csv
import json
import os
import re
import sys
from collections import Counter
from collections.abc import Sequence
from datetime import UTC, datetime
from decimal import Decimal
from pathlib import Path


def main(argv: Sequence[str]) -> int:
    """Run the command line and return its exit code."""
    size = 1000
    options = list(argv)
    if "--chunk" in options:
        at = options.index("--chunk")
        if at + 1 < len(options) and options[at + 1].isdecimal() and int(options[at + 1]) > 0:
            size = int(options[at + 1])
            del options[at : at + 2]
        else:
            print("--chunk takes a whole number from 1 up", file=sys.stderr)
            raise SystemExit(2)
    if len(options) != 2 or Path(options[0]).suffix not in {".jsonl", ".csv"}:
        print("usage: ingest.py SOURCE OUT [--chunk N]", file=sys.stderr)
        raise SystemExit(2)
    path, out = Path(options[0]), Path(options[1])
    progress = {"line": 0, "offset": 0, "accepted": 0, "kept": 0, "aside": 0}
    rejected: Counter[str] = Counter()
    known_ids = set()
    columns: list[str] = []
    try:
        with path.open("rb") as source:
            out.mkdir(parents=True, exist_ok=True)
            if (out / "summary.json").is_file():
                return 0
            if (out / "checkpoint.json").is_file():
                saved = json.loads((out / "checkpoint.json").read_text(encoding="utf-8"))
                progress, rejected = saved["progress"], Counter(saved["rejected"])
                with (out / "accepted.jsonl").open("rb") as results:
                    for _, row in zip(range(progress["accepted"]), results, strict=False):
                        known_ids.add(json.loads(row)["id"])
            if path.suffix == ".csv":
                header = source.readline()
                columns = next(csv.reader([header.decode("utf-8", errors="replace")]), [])
                missing = [name for name in ("id", "time", "amount", "currency") if name not in columns]
                if missing:
                    print(f"{path}: the first line lacks {', '.join(missing)}", file=sys.stderr)
                    return 1
                if progress["offset"] == 0:
                    progress["line"], progress["offset"] = 1, len(header)
            source.seek(progress["offset"])
            is_done = False
            while not is_done:
                with (out / "accepted.jsonl").open("ab") as good, (out / "rejected.jsonl").open("ab") as bad:
                    good.truncate(progress["kept"])
                    good.seek(progress["kept"])
                    bad.truncate(progress["aside"])
                    bad.seek(progress["aside"])
                    in_chunk = 0
                    while in_chunk < size:
                        content = source.readline()
                        if not content:
                            is_done = True
                            break
                        progress["line"] += 1
                        progress["offset"] += len(content)
                        if not content.strip():
                            continue
                        in_chunk += 1
                        reason = ""
                        fields = {}
                        if not content.endswith(b"\n"):
                            reason = "truncated"
                        else:
                            try:
                                text = content.rstrip(b"\r\n").decode("utf-8")
                            except UnicodeDecodeError:
                                reason = "encoding"
                            if not reason and path.suffix == ".csv":
                                try:
                                    values = next(csv.reader([text], strict=True))
                                except csv.Error:
                                    reason = "syntax"
                                else:
                                    if len(values) != len(columns):
                                        reason = "fields"
                                    else:
                                        fields = dict(zip(columns, values, strict=True))
                            elif not reason:
                                try:
                                    fields = json.loads(text)
                                except (ValueError, RecursionError):
                                    reason = "syntax"
                                else:
                                    if not isinstance(fields, dict):
                                        reason = "fields"
                        if not reason:
                            fields = {"note": "", **fields}
                            for name in ("id", "time", "amount", "currency", "note"):
                                if not isinstance(fields.get(name), str):
                                    reason = "fields"
                        if not reason:
                            if not re.fullmatch(r"[A-Za-z0-9_-]{1,40}", fields["id"]):
                                reason = "id"
                            else:
                                try:
                                    moment = datetime.fromisoformat(fields["time"])
                                    if moment.utcoffset() is None:
                                        reason = "time"
                                    moment = moment.astimezone(UTC).replace(microsecond=0, tzinfo=None)
                                except (ValueError, OverflowError):
                                    reason = "time"
                        if not reason:
                            is_amount = re.fullmatch(r"[0-9]{1,12}(\.[0-9]{1,2})?", fields["amount"])
                            if not is_amount or Decimal(fields["amount"]) == 0:
                                reason = "amount"
                            elif fields["currency"] not in {"EUR", "GBP", "USD"}:
                                reason = "currency"
                            elif fields["id"] in known_ids:
                                reason = "duplicate"
                        if reason:
                            raw = content.rstrip(b"\r\n").decode("utf-8", errors="backslashreplace")
                            aside = {"line": progress["line"], "reason": reason, "raw": raw}
                            bad.write(json.dumps(aside).encode() + b"\n")
                            rejected[reason] += 1
                        else:
                            known_ids.add(fields["id"])
                            record = {
                                "id": fields["id"],
                                "time": moment.isoformat() + "Z",
                                "amount": str(Decimal(fields["amount"]).quantize(Decimal("0.01"))),
                                "currency": fields["currency"],
                                "note": fields["note"],
                            }
                            good.write(json.dumps(record).encode() + b"\n")
                            progress["accepted"] += 1
                    for file in (good, bad):
                        file.flush()
                        os.fsync(file.fileno())
                    progress["kept"], progress["aside"] = good.tell(), bad.tell()
                checkpoint = {"progress": progress, "rejected": rejected}
                (out / "checkpoint.new").write_text(json.dumps(checkpoint), encoding="utf-8")
                (out / "checkpoint.new").replace(out / "checkpoint.json")
                if in_chunk:
                    read = progress["accepted"] + rejected.total()
                    totals = f"{progress['accepted']} accepted, {rejected.total()} rejected"
                    print(f"{read} read, {totals}", flush=True)
            summary = {
                "read": progress["accepted"] + rejected.total(),
                "accepted": progress["accepted"],
                "rejected": dict(rejected),
            }
            (out / "summary.new").write_text(json.dumps(summary), encoding="utf-8")
            (out / "summary.new").replace(out / "summary.json")
    except OSError as error:
        print(f"{error.filename or out}: {error.strerror}", file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
