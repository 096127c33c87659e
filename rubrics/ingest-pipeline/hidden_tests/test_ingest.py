"""Hidden suite of ingest-pipeline: what the program writes, prints and answers.

Most tests call `main`, which the brief asks for; those that stop or measure the program run it as a command.
"""

import json
from dataclasses import dataclass

import pytest
from ingest import main

MEMORY_BYTES = 32_000_000
CPU_SECONDS = 10
RECORDS_OF_2_KB = 12_000


def payment(number=1, **fields):
    """Give the fields of a good record; None leaves a field out."""
    good = {"id": f"p-{number}", "time": "2026-03-01T11:59:58Z", "amount": "12.50", "currency": "EUR", "note": ""}
    return {name: value for name, value in (good | fields).items() if value is not None}


def line(number=1, **fields):
    return json.dumps(payment(number, **fields)) + "\n"


def csv(*rows, columns="id,time,amount,currency,note"):
    return "".join(f"{row}\n" for row in (columns, *rows))


def objects(data):
    return [json.loads(text) for text in data.decode().splitlines()]


@dataclass(frozen=True)
class Results:
    """What a finished run left in its folder."""

    accepted: list
    rejected: list
    summary: dict
    stdout: str

    def reasons(self):
        return [(one["line"], one["reason"]) for one in self.rejected]


@pytest.fixture
def ingest(tmp_path, capsys):
    """Process a source in one run. Anything but success fails the test."""

    def process(*parts, name="source.jsonl", options=()):
        source, out = tmp_path / name, tmp_path / f"out-{len(list(tmp_path.iterdir()))}"
        source.write_bytes(b"".join(part.encode() if isinstance(part, str) else part for part in parts))
        assert main([str(source), str(out), *options]) == 0
        printed = capsys.readouterr()
        assert printed.err == ""
        accepted, rejected = (objects((out / name).read_bytes()) for name in ("accepted.jsonl", "rejected.jsonl"))
        return Results(accepted, rejected, json.loads((out / "summary.json").read_bytes()), printed.out)

    return process


# Records


@pytest.mark.criterion("records")
def test_good_records_are_kept_in_order(ingest):
    results = ingest(line(2, note="tea"), line(1, currency="USD"), line(3, currency="GBP"))

    assert results.accepted == [payment(2, note="tea"), payment(1, currency="USD"), payment(3, currency="GBP")]
    assert results.rejected == []


@pytest.mark.criterion("records")
def test_note_may_be_missing_and_further_fields_are_left_out(ingest):
    results = ingest(line(1, note=None, shop="s-17", items=[1, {"a": None}]), line(2, note="Grüße, 東京 \u2028"))

    assert results.accepted == [payment(1), payment(2, note="Grüße, 東京 \u2028")]


@pytest.mark.criterion("records")
@pytest.mark.parametrize(
    ("written", "kept"),
    [
        ("2026-03-01T13:00:03+01:00", "2026-03-01T12:00:03Z"),
        ("2026-03-01T00:15:00+05:45", "2026-02-28T18:30:00Z"),
        ("2025-12-31T23:30:00-01:00", "2026-01-01T00:30:00Z"),
        ("2026-03-01T12:00:00.999Z", "2026-03-01T12:00:00Z"),
    ],
)
def test_times_are_kept_in_utc(ingest, written, kept):
    assert [one["time"] for one in ingest(line(time=written)).accepted] == [kept]


@pytest.mark.criterion("records")
def test_amounts_are_kept_with_two_decimals(ingest):
    amounts = ["12.50", "7.5", "3", "0.01", "007", "999999999999.99", "1.10"]

    results = ingest(*(line(number, amount=amount) for number, amount in enumerate(amounts)))

    kept = ["12.50", "7.50", "3.00", "0.01", "7.00", "999999999999.99", "1.10"]
    assert [one["amount"] for one in results.accepted] == kept


@pytest.mark.criterion("records")
def test_ids_of_every_allowed_form(ingest):
    ids = ["a", "Z_9-", "0" * 40]

    assert [one["id"] for one in ingest(*(line(id=name) for name in ids)).accepted] == ids


@pytest.mark.criterion("records")
def test_csv_columns_come_in_any_order_and_note_may_be_missing(ingest):
    source = csv("EUR,7.5,x,2026-03-01T11:59:58Z,p-1", columns="currency,amount,shop,time,id")

    assert ingest(source, name="source.csv").accepted == [payment(amount="7.50")]


@pytest.mark.criterion("records")
def test_csv_fields_may_be_quoted(ingest):
    source = csv('"p-1",2026-03-01T11:59:58Z,"12.50",EUR,"tea, ""green"""')

    assert ingest(source, name="source.csv").accepted == [payment(note='tea, "green"')]


@pytest.mark.criterion("records")
@pytest.mark.parametrize("name", ["source.jsonl", "source.csv"])
def test_lines_may_end_as_on_windows(ingest, name):
    row = "p-1,2026-03-01T11:59:58Z,12.50,EUR,tea"
    source = csv(row) if name.endswith("csv") else line(note="tea")

    assert ingest(source.replace("\n", "\r\n"), name=name).accepted == [payment(note="tea")]


# Rejects

REJECTED = {
    "no JSON": ("syntax", ["nonsense\n", '{"id": "p-2"\n', "[" * 100_000 + "\n"]),
    "no object": ("fields", ['["p-2"]\n', "null\n", '"p-2"\n']),
    "missing field": ("fields", [line(2, **{name: None}) for name in ("id", "time", "amount", "currency")]),
    "no string": ("fields", [line(2, amount=12.5), line(2, note=None)[:-2] + ', "note": null}\n', line(id=7)]),
    "id": ("id", [line(id=""), line(id="p 2"), line(id="p" * 41), line(id="p-2\n"), line(id="é")]),
    "time": ("time", [line(2, time=text) for text in ("noon", "2026-03-01T12:00:00", "2026-02-30T12:00:00Z")]),
    "amount": ("amount", [line(2, amount=text) for text in ("", "-1", "1.005", "1,50", "1e3", "0.00", "٣", " 1")]),
    "currency": ("currency", [line(2, currency=text) for text in ("", "eur", "CHF")]),
    "encoding": ("encoding", [line(2, note="?").encode().replace(b"?", b"\xe4\xff")]),
}


@pytest.mark.criterion("rejects")
@pytest.mark.parametrize(("reason", "lines"), REJECTED.values(), ids=REJECTED.keys())
def test_every_bad_line_is_put_aside_with_its_reason(ingest, reason, lines):
    results = ingest(line(1), *lines, line(3))

    assert results.accepted == [payment(1), payment(3)]
    assert results.reasons() == [(number, reason) for number in range(2, len(lines) + 2)]
    assert results.summary == {"read": len(lines) + 2, "accepted": 2, "rejected": {reason: len(lines)}}


@pytest.mark.criterion("rejects")
@pytest.mark.parametrize(
    ("row", "reason"),
    [
        ('"p-2,2026-03-01T11:59:58Z,12.50,EUR,', "syntax"),
        ("p-2,2026-03-01T11:59:58Z,12.50,EUR", "fields"),
        ("p-2,2026-03-01T11:59:58Z,12.50,EUR,tea,green", "fields"),
        ("p-2,2026-03-01T11:59:58Z,,EUR,", "amount"),
    ],
    ids=["open quote", "too few fields", "too many fields", "empty amount"],
)
def test_bad_rows_of_csv_are_put_aside(ingest, row, reason):
    good = ["p-1,2026-03-01T11:59:58Z,12.50,EUR,", "p-3,2026-03-01T11:59:58Z,12.50,EUR,"]
    results = ingest(csv(good[0], row, good[1]), name="source.csv")

    assert results.accepted == [payment(1), payment(3)]
    assert results.rejected == [{"line": 3, "reason": reason, "raw": row}]


@pytest.mark.criterion("rejects")
def test_raw_is_the_whole_line(ingest):
    broken = '  {"id": "p-1", "note": "Grüße'

    assert [one["raw"] for one in ingest(f"{broken}\n", "no\\pe\r\n").rejected] == [broken, "no\\pe"]


@pytest.mark.criterion("rejects")
def test_bytes_that_are_no_utf8_are_spelled_out(ingest):
    results = ingest(b'{"id": "p-\xff\xc3\xa4\x80"}\n')

    assert results.rejected == [{"line": 1, "reason": "encoding", "raw": '{"id": "p-\\xffä\\x80"}'}]


@pytest.mark.criterion("rejects")
@pytest.mark.parametrize(
    "tail", [line(3).rstrip("\n"), line(3)[:30], line(3, note="ä").encode()[:-4] + b"\xc3"],
    ids=["complete", "cut", "cut within a character"],
)  # fmt: skip
def test_last_line_without_line_break_was_cut_off(ingest, tail):
    results = ingest(line(1), line(2), tail)

    assert (len(results.accepted), results.reasons()) == (2, [(3, "truncated")])


@pytest.mark.criterion("rejects")
def test_csv_row_that_was_cut_off_is_not_accepted(ingest):
    results = ingest(csv(columns="time,currency,id,amount") + "2026-03-01T11:59:58Z,EUR,p-1,12", name="source.csv")

    assert results.rejected == [{"line": 2, "reason": "truncated", "raw": "2026-03-01T11:59:58Z,EUR,p-1,12"}]


@pytest.mark.criterion("rejects")
def test_blank_lines_count_as_lines_and_not_as_records(ingest):
    results = ingest("\n", line(1), "   \r\n", "{\n", "\n", line(2))

    assert (results.reasons(), results.summary["read"]) == ([(4, "syntax")], 3)


@pytest.mark.criterion("rejects")
def test_second_record_with_an_id_is_a_duplicate(ingest):
    results = ingest(line(1), line(2), line(1, amount="1.00"), line(1))

    assert results.accepted == [payment(1), payment(2)]
    assert results.summary == {"read": 4, "accepted": 2, "rejected": {"duplicate": 2}}


@pytest.mark.criterion("rejects")
def test_rejected_record_does_not_take_its_id(ingest):
    results = ingest(line(1, currency="CHF"), line(1), line(1))

    assert (results.accepted, results.reasons()) == ([payment(1)], [(1, "currency"), (3, "duplicate")])


@pytest.mark.criterion("rejects")
def test_first_reason_of_the_table_counts(ingest):
    results = ingest(line(1), line(1, amount="0"), line(id="?", time="?"), line(2, time="?", currency="?"))

    assert results.reasons() == [(2, "amount"), (3, "id"), (4, "time")]


@pytest.mark.criterion("rejects")
def test_source_without_records(ingest):
    nothing = {"read": 0, "accepted": 0, "rejected": {}}

    assert ingest("").summary == nothing
    assert ingest(csv(), name="source.csv").summary == nothing


# Going on

SOURCE = "".join(
    line(number, note=f"payment {number}") if number % 4 else "nonsense\n" + line(number - 1) for number in range(1, 33)
)
"""40 records: every fourth of 32 is nonsense and a duplicate."""
ROWS = csv(
    *(f"p-{number},2026-03-01T11:59:58Z,1.5,EUR" if number % 4 else "p-1,," for number in range(1, 41)),
    columns="id,time,amount,currency",
)
ON_A_SMALL_DISK = """
import os, resource, sys
largest = int(sys.argv[1])
resource.setrlimit(resource.RLIMIT_FSIZE, (largest, largest))
os.execv(sys.executable, [sys.executable, *sys.argv[2:]])
"""
UNTIL_KILLED = """
import subprocess, sys
process = subprocess.Popen([sys.executable, "-u", *sys.argv[2:]], stdout=subprocess.PIPE, text=True)
for _ in range(int(sys.argv[1])):
    print(process.stdout.readline(), end="")
process.kill()
process.wait()
"""


def command(name="source.jsonl"):
    return ["ingest.py", name, "out", "--chunk", "5"]


def accounts(files):
    """What counts of a folder of results, in a form that can be compared."""
    accepted, rejected = objects(files["out/accepted.jsonl"]), objects(files["out/rejected.jsonl"])
    return accepted, rejected, json.loads(files["out/summary.json"])


@pytest.mark.criterion("going-on")
def test_running_totals_are_printed_after_each_chunk(ingest):
    lines = [line(1), line(2), "{\n", line(4), "\n", "[]\n", line(6)]

    whole = ingest(*lines, options=["--chunk", "4"])
    assert whole.stdout == "4 read, 3 accepted, 1 rejected\n6 read, 4 accepted, 2 rejected\n"
    assert ingest(*lines[:4], options=["--chunk", "2"]).stdout.splitlines()[-1] == "4 read, 3 accepted, 1 rejected"
    assert ingest(*lines).stdout == "6 read, 4 accepted, 2 rejected\n"


@pytest.mark.criterion("going-on")
def test_finished_run_given_again_changes_nothing(run):
    first = run(["python", *command()], files={"source.jsonl": SOURCE})
    assert first.exit_code == 0, first.stderr

    again = run(["python", *command()], files={"source.jsonl": SOURCE, **first.files})

    assert (again.exit_code, again.stderr) == (0, "")
    assert accounts({**first.files, **again.files}) == accounts(first.files)


@pytest.mark.criterion("going-on")
@pytest.mark.parametrize(("name", "source"), [("source.jsonl", SOURCE), ("source.csv", ROWS)], ids=["jsonl", "csv"])
def test_run_goes_on_after_the_disk_was_full(run, name, source):
    files = {name: source, "small_disk.py": ON_A_SMALL_DISK}
    undisturbed = run(["python", *command(name)], files=files)

    stopped = run(["python", "small_disk.py", "1800", *command(name)], files=files)
    resumed = run(["python", *command(name)], files={**files, **stopped.files})

    assert (stopped.exit_code, resumed.exit_code) == (1, 0), resumed.stderr
    assert accounts({**stopped.files, **resumed.files}) == accounts(undisturbed.files)
    before, after = stopped.stdout.splitlines(), resumed.stdout.splitlines()
    assert before, "not even the first chunk was finished, and two fit on the disk"
    assert after, "a chunk was still to do"
    assert not {*before} & {*after}, "these chunks were processed twice"
    assert after[-1:] == undisturbed.stdout.splitlines()[-1:]


@pytest.mark.criterion("going-on")
def test_run_goes_on_after_it_was_killed(run):
    files = {"source.jsonl": SOURCE, "until_killed.py": UNTIL_KILLED}
    undisturbed = run(["python", *command()], files=files)

    killed = run(["python", "until_killed.py", "2", *command()], files=files)
    resumed = run(["python", *command()], files={**files, **killed.files})

    assert len(killed.stdout.splitlines()) == 2
    assert resumed.exit_code == 0, resumed.stderr
    assert accounts({**killed.files, **resumed.files}) == accounts(undisturbed.files)


# Failures of the machine


@pytest.fixture
def fail(tmp_path, capsys):
    """Run the program where it must fail: one line that names what failed, and no summary. Gives what it printed."""

    def run_main(source, *names):
        assert main([str(source), str(tmp_path / "out")]) == 1
        printed = capsys.readouterr()
        assert len(printed.err.splitlines()) == 1, printed.err
        for name in names:
            assert name in printed.err
        assert not (tmp_path / "out" / "summary.json").exists()
        return printed.out

    return run_main


@pytest.mark.criterion("failures")
def test_missing_source(fail, tmp_path):
    assert fail(tmp_path / "no-such-file.csv", "no-such-file.csv") == ""


@pytest.mark.criterion("failures")
def test_folder_as_source(fail, tmp_path):
    (tmp_path / "old.jsonl").mkdir()

    fail(tmp_path / "old.jsonl", "old.jsonl")


@pytest.mark.criterion("failures")
@pytest.mark.parametrize("source", ["id,time,currency,note\n", "p-1,2026-03-01T11:59:58Z,12.50,EUR\n", "", "\n"])
def test_csv_without_a_column_that_must_be_there(fail, tmp_path, source):
    (tmp_path / "source.csv").write_text(source)

    fail(tmp_path / "source.csv", "source.csv", "amount")


@pytest.mark.criterion("failures")
def test_file_in_the_place_of_the_folder(fail, tmp_path):
    (tmp_path / "source.jsonl").write_text(line())
    (tmp_path / "out").write_text("mine")

    fail(tmp_path / "source.jsonl", "out")
    assert (tmp_path / "out").read_text() == "mine"


@pytest.mark.criterion("failures")
@pytest.mark.parametrize("name", ["accepted.jsonl", "rejected.jsonl"])
def test_output_that_cannot_be_written(fail, tmp_path, name):
    (tmp_path / "source.jsonl").write_text(line(1) + "nonsense\n")
    (tmp_path / "out" / name / "in-the-way").mkdir(parents=True)

    fail(tmp_path / "source.jsonl", "out")


@pytest.mark.criterion("failures")
def test_full_disk_ends_with_one_line(run):
    files = {"source.jsonl": SOURCE, "small_disk.py": ON_A_SMALL_DISK}

    result = run(["python", "small_disk.py", "1800", *command()], files=files)

    assert result.exit_code == 1
    assert len(result.stderr.splitlines()) == 1, result.stderr
    assert "out" in result.stderr
    assert "out/summary.json" not in result.files


@pytest.mark.criterion("failures")
@pytest.mark.parametrize(
    "arguments",
    [["source.jsonl"], ["source.jsonl", "out", "--chunk", "0"], ["source.txt", "out"]],
    ids=["no folder", "chunk is 0", "source of another kind"],
)
def test_wrong_command_line_exits_with_2(run, ingest, arguments):
    assert ingest(line()).accepted == [payment()]  # Python itself ends with 2 when there is no program

    result = run(["python", "ingest.py", *arguments], files={"source.jsonl": line(), "source.txt": line()})

    assert (result.exit_code, result.stdout) == (2, "")
    assert result.stderr.strip()


@pytest.mark.criterion("failures")
def test_rejected_records_are_no_failure(ingest):
    results = ingest("nonsense\n")

    assert (results.accepted, results.reasons()) == ([], [(1, "syntax")])


# Large sources


@pytest.mark.workload("large-source")
@pytest.mark.criterion("memory")
def test_large_source_needs_little_memory(run):
    padding = "x" * 1900
    template = '{"id": "p-%d", "time": "2026-03-01T11:59:58Z", "amount": "12.50", "currency": "EUR", "note": "%s"}\n'
    lines = [template % (number, padding) for number in range(RECORDS_OF_2_KB)]

    result = run(
        ["python", "ingest.py", "source.jsonl", "out"],
        files={"source.jsonl": "".join(lines) + "nonsense\n"},
        seconds=40,
    )

    assert not result.timed_out
    assert not result.out_of_memory
    assert json.loads(result.files["out/summary.json"]) == {
        "read": RECORDS_OF_2_KB + 1,
        "accepted": RECORDS_OF_2_KB,
        "rejected": {"syntax": 1},
    }
    assert result.peak_memory_bytes <= MEMORY_BYTES
    assert result.cpu_seconds <= CPU_SECONDS
