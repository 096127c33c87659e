"""The page: self-contained, linked through, honest about what it leaves out, and deaf to what it shows."""

import base64
import hashlib
import re
from html.parser import HTMLParser

import pytest

from grader.formats.html import page
from grader.formats.html.highlight import decode, marked, split_lines
from grader.formats.html.listing import book
from grader.formats.html.shared import spans
from grader.formats.interface import AnyReport
from grader.report import candidate_view
from sandbox.contract import Files
from tests.grader.formats.samples import samples

SAMPLES = samples()
BOTH = [(name, audience) for name in SAMPLES for audience in ("reviewer", "candidate")]


class Outline(HTMLParser):
    """Tags, ids and addresses of a page."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.tags: set[str] = set()
        self.attributes: set[str] = set()
        self.ids: list[str] = []
        self.addresses: list[str] = []
        self.feed(text)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.add(tag)
        self.attributes |= {name for name, _ in attrs}
        self.ids += [value or "" for name, value in attrs if name == "id"]
        self.addresses += [value or "" for name, value in attrs if name in {"href", "src", "action"}]


def shown(name: str, audience: str = "reviewer") -> str:
    report, files = SAMPLES[name]()
    view: AnyReport = report if audience == "reviewer" else candidate_view(report)
    return page.render(view, files).decode()


@pytest.mark.parametrize(("name", "audience"), BOTH)
def test_every_link_arrives(name: str, audience: str) -> None:
    """A point whose evidence cannot be reached is a point without evidence."""
    outline = Outline(shown(name, audience))
    assert len(outline.ids) == len(set(outline.ids))
    inner = {address[1:] for address in outline.addresses if address.startswith("#")}
    assert inner <= set(outline.ids)


@pytest.mark.parametrize(("name", "audience"), BOTH)
def test_the_page_can_run_and_load_nothing(name: str, audience: str) -> None:
    """No script, no handler, no inline style, no foreign address; the policy allows our style sheet only."""
    text = shown(name, audience)
    outline = Outline(text)
    assert outline.tags.isdisjoint(
        {"script", "img", "iframe", "object", "embed", "base", "form", "link", "b>"}
    )
    assert not {attribute for attribute in outline.attributes if attribute.startswith("on")}
    assert "style" not in outline.attributes
    assert all(address.startswith(("#", "https://docs.astral.sh/")) for address in outline.addresses)
    (style,) = re.findall(r"<style>(.*?)</style>", text, re.DOTALL)
    digest = base64.b64encode(hashlib.sha256(style.encode()).digest()).decode()
    assert f"default-src 'none'; style-src 'sha256-{digest}'; base-uri 'none'; form-action 'none'" in text


def test_hostile_text_adds_no_element() -> None:
    """Whatever a candidate writes, the page is made of the tags that it is made of without them."""
    assert Outline(shown("hostile")).tags <= Outline(shown("middling")).tags | {"br"}
    assert Outline(shown("hostile")).attributes <= Outline(shown("middling")).attributes
    assert "&lt;script&gt;alert(1)&lt;/script&gt;" in shown("hostile")
    assert "\u202e" not in shown("hostile")
    assert "\\u202e" in shown("hostile")


def test_a_point_leads_to_its_evidence() -> None:
    """Criterion to item, item to test and line, line back to the test."""
    text = shown("middling")
    assert '<a href="#c0">Correctness</a>' in text
    item = text.partition('id="c0i1"')[2].partition("</li>\n")[0]
    assert re.search(r'<a href="#t(\d+)">test_flatten.py::test_deep\[900\]</a>', item)
    assert '<a class="at" href="#f0L16">flatten.py:16</a>' in item
    after = text.partition('<tr id="f0L16"')[2].partition('<tr id="f0L17"')[0]
    assert 'class="remark hidden"' in after
    assert 'href="#t8"' in after


def test_a_point_leads_to_its_commit() -> None:
    """The whole message and what changed stand in the list; candidates, who have no list, get no dead link."""
    text = shown("middling")
    item = text.partition('id="c3i3"')[2].partition("</li>\n</ul>")[0]
    assert '<a href="#h0">3f3f3f3f3f3f</a>' in item
    row = text.partition('<tr id="h1">')[2].partition("</tr>")[0]
    assert "2026-03-01 11:30" in row
    assert "The brief leaves open what a list is." in row
    assert "+31 \N{MINUS SIGN}3" in row
    assert '"#h0"' not in shown("middling", "candidate")
    assert "3f3f3f3f3f3f" in shown("middling", "candidate")


def test_a_point_leads_to_its_workload() -> None:
    """And that to its test. What was not measured says why; the candidate sees no name of it."""
    text = shown("middling")
    assert '<a href="#w0">broad-input</a>' in text.partition('id="c0i2"')[2].partition('id="c1"')[0]
    row = text.partition('<tr id="w0">')[2].partition('<tr id="w1">')[0]
    assert re.search(r'<a href="#t\d+">test_flatten.py::test_separator</a>', row)
    assert re.findall(r'figures">([^<]*)<', row) == [
        "31.4 MB", "15.7 MB", "2.00", "0.48 s", "0.19 s", "2.53", "0.51 s", "0.20 s", "2.55",
    ]  # fmt: skip
    assert "error" in text.partition('<tr id="w1">')[2].partition("</tr>")[0]
    assert 'id="resources"' not in shown("good")
    assert "broad-input" not in shown("middling", "candidate")


def test_a_long_history_says_how_much_of_it_is_not_listed() -> None:
    """200 rows are read by nobody; 500 would make the page slow as well."""
    text = shown("huge")
    assert "500 or more commits of 1 author" in text
    assert 'id="h199"' in text
    assert 'id="h200"' not in text
    assert "300 more are not listed" in text


def test_lines_that_never_ran_are_marked_in_words_too() -> None:
    """A colour alone says nothing to some readers."""
    row = shown("middling").partition('<tr id="f0L10"')[2].partition("</tr>")[0]
    assert 'class="missed"' in row
    assert "never ran under their tests" in row


@pytest.mark.parametrize(
    ("name", "own", "others"),
    [
        ("good", "Graded</span>", ("Cannot be graded", "our failure")),
        ("ungradable", "Cannot be graded", ("Graded</span>", "our failure", 'class="ring')),
        ("infrastructure_failed", "our failure", ("Graded</span>", "Cannot be graded", 'class="ring')),
    ],
)
def test_the_outcomes_cannot_be_taken_for_each_other(name: str, own: str, others: tuple[str, ...]) -> None:
    """What was not graded has no score to look at."""
    body = shown(name).partition("</style>")[2]
    assert own in body
    assert f'<header class="top {SAMPLES[name]()[0].outcome.value}">' in body
    assert not [words for words in others if words in body]


def test_a_huge_submission_stays_a_page() -> None:
    """Everything that is cut says so, and what is cut is still linked to the nearest place."""
    text = shown("huge")
    assert len(text) < 1_000_000
    assert "lines are not shown: only the beginning" in text
    assert "more in this file are not listed" in text
    assert "and 80 more" in text


def test_a_crowded_line_says_how_many_remarks_are_not_there() -> None:
    """Ten tests fail in one line of the poor submission; six are named, the rest are counted."""
    row = shown("poor").partition('<tr id="f0L10"')[2].partition('<tr id="f0L11"')[0]
    assert row.count('class="remark hidden"') == 6
    assert "and 4 more" in row


def test_a_page_without_files_still_names_places() -> None:
    """A stored report is shown without the submission at hand."""
    report, _ = SAMPLES["middling"]()
    text = page.render(report, {}).decode()
    assert "The source was not at hand" in text
    assert '<span class="at">flatten.py:16</span>' in text
    assert {a[1:] for a in Outline(text).addresses if a.startswith("#")} <= set(Outline(text).ids)


def test_binary_and_odd_files_are_not_shown_as_text() -> None:
    """Bytes that are no text are named; text that is not UTF-8 says so."""
    text = shown("hostile")
    assert "A binary file: not shown." in text
    assert "Not UTF-8" in text
    assert "An empty file." in text


def test_the_same_report_gives_the_same_bytes() -> None:
    """A page that changes by itself cannot be compared with the one that a decision was made on."""
    assert shown("middling") == shown("middling")


def test_lines_are_counted_as_python_counts_them() -> None:
    """A carriage return alone ends a line for Python, a form feed or U+2028 does not; places must fit."""
    assert split_lines("a\rb\r\nc\x0cd\u2028e\n") == ["a", "b", "c\x0cd\u2028e"]
    assert split_lines("") == []
    assert decode(b"\xff")[1] is False


def test_colours_change_no_text() -> None:
    """A lexer that drops or adds a character would show code that nobody wrote."""
    source = "\n\nx = f'{a!r}' # <b>\n'''doc\n\n''' \n\n\n"
    lines = split_lines(source)
    coloured = marked(lines, range(1, len(lines) + 1), "a.py", 10_000)
    assert [re.sub(r"<[^>]*>", "", coloured[number + 1]) for number in range(len(lines))] == [
        line.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;").replace("'", "&#39;")
        for line in lines
    ]


def test_what_stands_around_remarks_is_shown_of_a_long_file() -> None:
    """Line 5,000 of a long file has a finding: its surroundings must be there, the gap must be named."""
    from grader.formats.html.remarks import Remark

    files: Files = {"a.py": b"x\n" * 9000}
    made = book(["a.py"], files, {"a.py": {5000: (Remark("finding", "E1", "text"),)}}, {})
    assert made.find("a.py", 5000) == "f0L5000"
    assert made.find("a.py", 4997) == "f0L4997"
    assert made.find("a.py", 4000) == "f0"
    assert made.find("b.py", 1) is None
    assert made.listings[0].remarks == 1


def test_a_template_need_not_remember_to_guard_a_text() -> None:
    """Whatever is printed is made visible and escaped, and a forgotten case is an error and not the word None."""
    template = page._environment().from_string("{{ text }}")
    assert template.render(text="\u202e<b>\x1b") == "\\u202e&lt;b&gt;\\x1b"
    with pytest.raises(TypeError, match="printed None"):
        template.render(text=None)


@pytest.mark.parametrize(
    ("text", "page_shows"),
    [
        ("`a < b` in `c`", "<code>a &lt; b</code> in <code>c</code>"),
        ("a ` lone <i>", "a ` lone &lt;i&gt;"),
        ("`\u202e`", "<code>\\u202e</code>"),
        ("", ""),
    ],
)
def test_what_stands_between_backticks_is_code_and_stays_text(text: str, page_shows: str) -> None:
    assert spans(text) == page_shows
