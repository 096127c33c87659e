"""Hidden suite of error-digest: each test runs the program as a command, as its users do."""

import json
import random
from collections import Counter
from datetime import UTC, datetime, timedelta

import pytest

HOUR = timedelta(hours=1)
NOON = datetime(2026, 3, 1, 12, 0, tzinfo=UTC)
MEMORY_BYTES = 30_000_000
LARGE_LOG_BYTES = 24_000_000


def entry(time="2026-03-01T12:00:00Z", level="error", **fields):
    return json.dumps({"time": time, "level": level, **fields}) + "\n"


def error(code, time="2026-03-01T12:00:00Z"):
    return entry(time, code=code, service="checkout", message="went wrong")


@pytest.fixture
def digest(run):
    """Digest the lines of a log; gives standard output. Anything but success fails the test."""

    def digest_lines(*lines, options=()):
        result = run(["python", "digest.py", "app.log", *options], files={"app.log": "".join(lines)})
        assert result.exit_code == 0, result.stderr
        return result.stdout

    return digest_lines


# Counting and ranking


@pytest.mark.criterion("ranking")
def test_codes_are_ranked_by_count(digest):
    assert digest(*map(error, ["A", "B", "C", "B", "C", "C"])) == "3\tC\n2\tB\n1\tA\n"


@pytest.mark.criterion("ranking")
def test_equal_counts_are_sorted_by_code(digest):
    lines = map(error, ["b", "E-9", "E-10", "a", "Z", "E-10", "Z"])

    assert digest(*lines) == "2\tE-10\n2\tZ\n1\tE-9\n1\ta\n1\tb\n"


@pytest.mark.criterion("ranking")
def test_ten_codes_are_printed(digest):
    lines = [error(f"E-{number:02}") for number in range(12, 0, -1)]

    assert digest(*lines) == "".join(f"1\tE-{number:02}\n" for number in range(1, 11))


@pytest.mark.criterion("ranking")
def test_top_changes_how_many(digest):
    lines = [error(f"E-{number:02}") for number in range(12, 0, -1)] + [error("E-12")]

    assert digest(*lines, options=["--top", "2"]) == "2\tE-12\n1\tE-01\n"
    assert len(digest(*lines, options=["--top", "99"]).splitlines()) == 12


@pytest.mark.criterion("ranking")
def test_only_errors_count(digest):
    levels = ["error", "warning", "info", "ERROR", "errors"]

    assert digest(*(entry(level=level, code="A") for level in levels)) == "1\tA\n"


@pytest.mark.criterion("ranking")
def test_no_errors_no_output(digest):
    assert digest(entry(level="info")) == ""
    assert digest() == ""


# The window


@pytest.mark.criterion("window")
@pytest.mark.parametrize(
    ("time", "counts"),
    [("2026-03-01T11:00:00Z", False), ("2026-03-01T11:00:00.001Z", True)],
    ids=["60 minutes older", "1 ms less"],
)
def test_window_leaves_out_its_start(digest, time, counts):
    printed = digest(error("A", time), error("A", "2026-03-01T12:00:00Z"))

    assert printed == ("2\tA\n" if counts else "1\tA\n")


@pytest.mark.criterion("window")
def test_window_ends_with_the_newest_entry_of_any_level(digest):
    lines = [error("A", "2026-03-01T11:00:00Z"), error("B", "2026-03-01T11:30:00Z")]

    assert digest(*lines, entry("2026-03-01T12:15:00Z", level="debug")) == "1\tB\n"


@pytest.mark.criterion("window")
def test_times_are_moments_whatever_their_offset(digest):
    lines = [
        error("TOO-OLD", "2026-03-01T12:30:00+02:00"),
        error("SAME-HOUR", "2026-03-01T06:15:00-05:30"),
        error("TOO-OLD", "2026-03-01T23:59:00+13:00"),
        error("NEWEST", "2026-03-01T12:00:00Z"),
        error("SAME-HOUR", "2026-03-02T01:59:00+14:00"),
    ]

    assert digest(*lines) == "2\tSAME-HOUR\n1\tNEWEST\n"


@pytest.mark.criterion("window")
def test_entries_come_in_any_order(digest):
    lines = [error("A", (NOON - timedelta(minutes=minutes)).isoformat()) for minutes in range(0, 100, 7)]

    for seed in range(3):
        random.Random(seed).shuffle(lines)
        assert digest(*lines) == "9\tA\n"


@pytest.mark.criterion("window")
def test_error_that_becomes_too_old_and_comes_again(digest):
    times = ["09:00", "09:10", "10:30", "09:20", "11:30", "10:40", "11:00"]
    lines = [error("A", f"2026-03-01T{time}:00Z") for time in times]

    assert digest(*lines) == "3\tA\n"


@pytest.mark.criterion("window")
def test_window_changes_how_far_back(digest):
    lines = [error("A", "2026-03-01T09:00:01Z"), error("A", "2026-03-01T11:56:00Z"), error("A")]

    assert digest(*lines, options=["--window", "4"]) == "1\tA\n"
    assert digest(*lines, options=["--window", "180"]) == "3\tA\n"


# Lines that make no sense

MALFORMED = {
    "no JSON": ["Traceback (most recent call last):\n", '{"time": "2026-03-01T12:00:00Z", "level": "err\n'],
    "no object": ['["2026-03-01T12:00:00Z", "error", "A"]\n', '"error"\n', "null\n"],
    "no time": ['{"level": "error", "code": "A"}\n'],
    "no valid time": [entry("yesterday", code="A"), entry("2026-13-01T12:00:00Z", code="A")],
    "no offset": [entry("2026-03-01T12:00:00", code="A")],
    "no level": ['{"time": "2026-03-01T12:00:00Z", "code": "A"}\n'],
    "no code": [entry(), entry(code="")],
    "wrong types": [entry(1772366400, code="A"), entry(level=None, code="A"), entry(code=404)],
    "no UTF-8": [b'{"time": "2026-03-01T12:00:00Z", "level": "error", "code": "\xe4\xff"}\n'],
}


@pytest.mark.criterion("malformed")
@pytest.mark.parametrize("lines", MALFORMED.values(), ids=MALFORMED.keys())
def test_malformed_lines_are_skipped_and_counted(run, lines):
    encoded = [line.encode() if isinstance(line, str) else line for line in lines]
    log = b"".join([error("B").encode(), *encoded, error("B").encode()])

    result = run(["python", "digest.py", "app.log"], files={"app.log": log})

    assert result.stdout == "2\tB\n"
    assert result.stderr.splitlines()[-1:] == [f"malformed lines: {len(lines)}"]
    assert result.exit_code == 0


@pytest.mark.criterion("malformed")
def test_malformed_lines_are_counted_together_and_blank_ones_are_not(run):
    log = "\n" + error("B") + "   \n" + "no\nsense\n" + "\n" + entry() + "{"

    result = run(["python", "digest.py", "app.log"], files={"app.log": log})

    assert result.stdout == "1\tB\n"
    assert result.stderr.splitlines()[-1:] == ["malformed lines: 4"]


@pytest.mark.criterion("malformed")
def test_malformed_line_does_not_move_the_window(run):
    log = error("B", "2026-03-01T11:00:00Z") + entry("2026-03-01T18:00:00Z", level="error")

    result = run(["python", "digest.py", "app.log"], files={"app.log": log})

    assert result.stdout == "1\tB\n"


@pytest.mark.criterion("malformed")
def test_standard_error_is_empty_without_malformed_lines(run):
    log = error("B") + "\n" + entry(level="info", extra={"nested": [1, None]}) + error("B").rstrip("\n")

    result = run(["python", "digest.py", "app.log"], files={"app.log": log})

    assert (result.stdout, result.stderr) == ("2\tB\n", "")


# The command line


@pytest.mark.criterion("command-line")
def test_dash_reads_standard_input(run):
    result = run(["python", "digest.py", "-", "--top", "1"], stdin=(error("A") + error("B")).encode())

    assert (result.exit_code, result.stdout) == (0, "1\tA\n")


@pytest.mark.criterion("command-line")
def test_missing_log_exits_with_1_and_one_line(run):
    result = run(["python", "digest.py", "no-such-file.log"])

    assert (result.exit_code, result.stdout) == (1, "")
    assert len(result.stderr.splitlines()) == 1
    assert "no-such-file.log" in result.stderr


@pytest.mark.criterion("command-line")
def test_folder_as_log_exits_with_1_and_one_line(run):
    result = run(["python", "digest.py", "old-logs"], files={"old-logs/app.log": error("A")})

    assert (result.exit_code, result.stdout) == (1, "")
    assert len(result.stderr.splitlines()) == 1
    assert "old-logs" in result.stderr


@pytest.mark.criterion("command-line")
@pytest.mark.parametrize(
    "arguments",
    [[], ["app.log", "--top", "0"], ["app.log", "--window", "soon"], ["app.log", "--fast"]],
    ids=["no log", "top is 0", "window is no number", "unknown option"],
)
def test_wrong_command_line_exits_with_2(run, digest, arguments):
    assert digest(error("A")) == "1\tA\n"  # Python itself ends with 2 when there is no program

    result = run(["python", "digest.py", *arguments], files={"app.log": error("A")})

    assert (result.exit_code, result.stdout) == (2, "")
    assert result.stderr.strip()


# Large logs


def large_log():
    """A log of `LARGE_LOG_BYTES` that spans a day in time order, and its digest."""
    entries = 60_000
    padding = "x" * (LARGE_LOG_BYTES // entries - 110)
    step = timedelta(days=1) / entries
    lines = []
    for number in range(entries):
        time = (NOON - step * (entries - 1 - number)).isoformat(timespec="milliseconds")
        level = "error" if number % 3 == 0 else "info"
        fields = f'"level": "{level}", "code": "E-{number % 7 + 1}", "message": "{padding}"'
        lines.append(f'{{"time": "{time}", {fields}}}\n')
    errors = [number for number in range(0, entries, 3) if step * (entries - 1 - number) < HOUR]
    counts = Counter(f"E-{number % 7 + 1}" for number in errors)
    return "".join(lines).encode(), {f"{count}\t{code}" for code, count in counts.items()}


@pytest.mark.criterion("memory")
@pytest.mark.parametrize(
    "source", [pytest.param("file", marks=pytest.mark.workload("large-log")), "standard input"]
)
def test_large_log_needs_little_memory(run, source):
    log, expected = large_log()

    if source == "file":
        result = run(["python", "digest.py", "large.log"], files={"large.log": log}, seconds=10)
    else:
        result = run(["python", "digest.py", "-"], stdin=log, seconds=10)

    assert not result.timed_out
    assert not result.out_of_memory
    assert set(result.stdout.splitlines()) == expected
    assert result.peak_memory_bytes <= MEMORY_BYTES
