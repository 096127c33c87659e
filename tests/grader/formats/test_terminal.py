"""The terminal report says what was decided, and cannot be steered by what it shows."""

import io
import unicodedata

import pytest
from rich.console import Console

from grader.formats import comparison, terminal
from grader.report import candidate_view
from tests.grader.formats.samples import samples

SAMPLES = samples()


def printed(name: str) -> str:
    report, files = SAMPLES[name]()
    return terminal.render(report, files).decode()


@pytest.mark.parametrize("name", SAMPLES)
def test_nothing_steers_the_terminal(name: str) -> None:
    """The plain text holds no control character but line feeds, whatever the report holds."""
    report, files = SAMPLES[name]()
    for shown in (report, candidate_view(report)):
        text = terminal.render(shown, files).decode()
        assert {char for char in text if unicodedata.category(char) in {"Cc", "Cf", "Cs"}} <= {"\n"}


def test_colours_are_the_only_control_sequences_on_a_terminal() -> None:
    """On a real terminal rich adds its own colour codes; a candidate's must not be among them."""
    report, _ = SAMPLES["hostile"]()
    out = io.StringIO()
    terminal.show(report, Console(file=out, force_terminal=True, color_system="standard", width=3000))
    codes = {part.partition("m")[0] for part in out.getvalue().split("\x1b[")[1:]}
    assert codes
    assert all(set(code) <= set("0123456789;") for code in codes)
    assert "\x07" not in out.getvalue()
    assert "[bold red]100 %" in out.getvalue()


def test_the_screen_answers_what_a_reviewer_asks() -> None:
    """Score, band, gate, the reason of a lost point, its place and the failing test are all there."""
    text = printed("middling")
    for wanted in (
        "19.25 / 40", "48 %", "Borderline", "bounds the total to 75 %", "flatten.py:21", "test_deep[900]",
        "RecursionError: maximum recursion depth exceeded", "Overridden by r.meyer", "1 flaky", "hidden 0.12 s",
        "78 % of the statements covered", "2 of 4 known-bad solutions rejected", "1 more in code of the starter",
        "2 of 3 changes of their code noticed", "no test notices  flatten.py:16", "+     if depth >= 2:",
        "fails when reversed  test_flatten.py::test_one_level",
    ):  # fmt: skip
        assert wanted in text


def test_a_good_and_a_middling_report_fit_on_a_screen() -> None:
    """One screen is what people read before they decide to read more."""
    assert printed("good").count("\n") < 45
    assert printed("middling").count("\n") < 85


def test_long_lists_say_how_much_they_leave_out() -> None:
    """300 tests and 2,000 findings still make a summary."""
    text = printed("huge")
    assert text.count("\n") < 80
    assert "and 94 more that did not pass" in text
    assert "and 1,992 more" in text


@pytest.mark.parametrize(
    ("name", "words"),
    [("ungradable", "Cannot be graded"), ("infrastructure_failed", "Not graded: our failure")],
)
def test_what_was_not_graded_shows_no_points(name: str, words: str) -> None:
    """No outcome but graded may look like a zero."""
    text = printed(name)
    assert words in text
    assert "0 /" not in text
    assert " 0 %" not in text


def test_workloads_show_what_they_use_against_the_reference() -> None:
    """One line each; one that did not pass has no figures."""
    text = printed("middling")
    assert "broad-input  memory 2.00 times (31.4 MB : 15.7 MB)  cpu 2.53 times (0.48 s : 0.19 s)" in text
    assert "  deep  error\n" in text
    assert "Resources" not in printed("good")


def test_the_history_is_a_few_lines_and_a_claim() -> None:
    """Newest first, each with when, how much and what."""
    text = printed("middling")
    assert "History  3 commits of 1 author  written by them: a claim" in text
    assert "2e2e2e2e2e2e  2026-03-01 11:30  +31 -3  Flatten lists by position\n" in text
    assert "History" not in printed("good")
    assert "… and 495 more\n" in printed("huge")


def test_a_date_that_cannot_be_is_none() -> None:
    """A commit may claim the year 33,658, which no calendar of ours knows."""
    assert "abababababab  no likely date  +2 -3" in printed("hostile")


def test_ascii_terminals_get_ascii_bars() -> None:
    """A bar of blocks cannot be encoded for an ASCII terminal."""
    out = io.TextIOWrapper(io.BytesIO(), encoding="ascii", errors="backslashreplace")
    report, _ = SAMPLES["poor"]()
    terminal.show(report, Console(file=out, width=100))
    out.seek(0)
    assert "#..............." in out.read()


def compared(width: int, *rows: comparison.Row) -> str:
    out = io.StringIO()
    Console(file=out, width=width).print(comparison.table(rows))
    return out.getvalue()


ROWS = tuple(comparison.Row(name, make()[0], f"out/{name}.html") for name, make in SAMPLES.items())


def test_many_reports_make_one_table() -> None:
    """Each submission is a line with its points for each criterion; what was not graded has none."""
    lines = {line.split()[0]: line for line in compared(180, *ROWS).splitlines() if line.strip()}
    assert "Strong" in lines["good"]
    assert "24.5 / 25 +3?" in lines["good"]
    assert "7.5 / 12" in lines["middling"]
    assert "Our failure" in lines["infrastructure_failed"]
    assert "/ " not in lines["ungradable"].replace("out/", "")
    assert "out/poor.html" in lines["poor"]


@pytest.mark.parametrize(
    ("width", "heading", "line"),
    [
        (180, "Correctness", "8 / 15"),
        (100, "1    2   3    4", "53   57  62  -67"),
        (76, "Lost most in", "Correctness    8 / 15"),
    ],
)
def test_the_table_never_wraps_its_lines(width: int, heading: str, line: str) -> None:
    """On a narrow terminal it says less in a line, and the paths of the reports move below it."""
    text = compared(width, *(row for row in ROWS if row.name != "huge"))
    lines = text.splitlines()
    assert heading in lines[0]
    assert line in next(one for one in lines if one.startswith("middling"))
    assert "out/middling.html" in text
    assert len([one for one in lines if one.startswith("middling")]) == (1 if width == 180 else 2)


def test_long_titles_of_criteria_wrap_where_names_would_break() -> None:
    """A name that is folded into syllables is not read."""
    report, _ = SAMPLES["middling"]()
    criteria = tuple(
        report.criteria[0].model_copy(update={"id": f"one-{number}", "title": "Slow subscribers and limits"})
        for number in range(comparison.CRITERIA + 1)
    )
    row = comparison.Row("good-aiohttp", report.model_copy(update={"criteria": criteria}))
    assert any(line.startswith("good-aiohttp  ") for line in compared(72, row).splitlines())


def test_a_hostile_name_stays_in_its_cell() -> None:
    """The name of a submission is a candidate's word too."""
    report, _ = SAMPLES["good"]()
    assert "\\x1b]0;x\\x07[red]a ⏎ \\rb" in compared(120, comparison.Row("\x1b]0;x\x07[red]a\n\rb", report))
