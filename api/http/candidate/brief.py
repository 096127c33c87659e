"""The brief as a page, and what will be judged. Authors' Markdown is cleaned like a stranger's."""

from __future__ import annotations

import itertools
import re
from dataclasses import dataclass
from fractions import Fraction
from typing import Final

import nh3
from markdown_it import MarkdownIt
from markdown_it.token import Token
from markupsafe import Markup

from api.submissions.evidence import rubric_of
from grader.formats.visible import visible
from grader.rubric import at_level

_TAGS: Final = {
    *("h2", "h3", "h4", "h5", "h6", "p", "br", "hr", "blockquote", "pre", "code", "em", "strong", "s", "a"),
    *("ul", "ol", "li", "table", "thead", "tbody", "tr", "th", "td"),
}
_ATTRIBUTES: Final = {"a": {"href", "title"}, "ol": {"start"}, "th": {"scope"}}
_markdown: Final = MarkdownIt("commonmark", {"html": False}).enable(["table", "strikethrough"])


@dataclass(frozen=True)
class Judged:
    """One criterion, as it is announced."""

    title: str
    announced: str
    """The sentence of the brief."""
    share: int
    """Of the whole, in per cent. All together are 100."""
    why: str = ""
    """Why it is worth that much."""


@dataclass(frozen=True)
class Expected:
    """What is said of the level that an invitation is for."""

    title: str
    announced: str
    """The sentence of the brief. Empty: it says nothing of levels."""
    minutes: int | None
    """How long an unhurried candidate of this level needs, where the rubric says so."""


def brief_html(brief: str, title: str) -> Markup:
    """A brief as HTML for below a heading of level 1; its own title goes where it repeats `title`."""
    tokens = _below(_markdown.parse(visible(brief)), title)
    html = _markdown.renderer.render(tokens, _markdown.options, {})
    cleaned = nh3.clean(
        html,
        tags=_TAGS,
        attributes=_ATTRIBUTES,
        url_schemes={"http", "https", "mailto"},
        url_relative="deny",
        link_rel="noopener noreferrer nofollow",
    )
    return Markup(_scrollable(cleaned))  # noqa: S704 - cleaned by a list of what is allowed


def _scrollable(html: str) -> str:
    """Wide tables scroll on a phone, with the keyboard too. In cleaned HTML these tags have no attributes."""
    numbers = itertools.count(1)
    opened = re.sub(
        "<table>",
        lambda _: f'<div class="table" role="region" aria-label="Table {next(numbers)}" tabindex="0"><table>',
        html,
    )
    return opened.replace("</table>", "</table></div>")


def inline_html(sentence: str) -> Markup:
    """One sentence of a brief: code and emphasis as such, nothing else."""
    html = _markdown.renderInline(visible(sentence))
    return Markup(nh3.clean(html, tags={"code", "em", "strong"}, attributes={}))  # noqa: S704 - as above


def _below(tokens: list[Token], title: str) -> list[Token]:
    """Headings one level down, without a first one that is the title again."""
    if len(tokens) > 2 and tokens[0].tag == "h1" and _same(tokens[1].content, title):
        tokens = tokens[3:]
    for index, token in enumerate(tokens):
        if token.type in {"heading_open", "heading_close"}:
            token.tag = f"h{min(int(token.tag[1]) + 1, 6)}"
        if token.type == "th_open":
            if tokens[index + 1].content:
                token.attrSet("scope", "col")
            else:  # a heading that says nothing is none
                token.tag = tokens[index + 2].tag = "td"
    return tokens


def _same(one: str, other: str) -> bool:
    return one.strip().casefold() == other.strip().casefold()


def judged(rubric_text: str, level: str | None) -> tuple[Judged, ...]:
    """The criteria of a rubric at a level, with their weights."""
    criteria = at_level(rubric_of(rubric_text), level).criteria
    worth = [
        Fraction(one.weight)
        if one.weight is not None
        else sum((Fraction(i.points) for i in one.items), Fraction())
        for one in criteria
    ]
    shares = _percent(worth)
    return tuple(
        Judged(one.title, one.announced, share, one.weight_why or "")
        for one, share in zip(criteria, shares, strict=True)
    )


def expected(rubric_text: str, level: str | None) -> Expected | None:
    """What is expected at a level; None without one."""
    found = rubric_of(rubric_text).levels.get(level) if level is not None else None
    return Expected(found.title, found.announced or "", found.minutes) if found is not None else None


def _percent(parts: list[Fraction]) -> list[int]:
    """Whole per cents that add up to 100: what rounding leaves over goes to the largest remainders."""
    total = sum(parts, Fraction())
    exact = [part * 100 / total for part in parts]
    whole = [int(one) for one in exact]
    by_remainder = sorted(range(len(parts)), key=lambda index: (whole[index] - exact[index], index))
    for index in by_remainder[: 100 - sum(whole)]:
        whole[index] += 1
    return whole
