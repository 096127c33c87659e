"""The brief as a page. Authors' Markdown is cleaned like a stranger's."""

from __future__ import annotations

from typing import Final

import nh3
from markdown_it import MarkdownIt
from markdown_it.token import Token
from markupsafe import Markup

from grader.formats.visible import visible

_TAGS: Final = {
    *("h2", "h3", "h4", "h5", "h6", "p", "br", "hr", "blockquote", "pre", "code", "em", "strong", "s", "a"),
    *("ul", "ol", "li", "table", "thead", "tbody", "tr", "th", "td"),
}
_ATTRIBUTES: Final = {"a": {"href", "title"}, "ol": {"start"}, "th": {"scope"}}
_markdown: Final = MarkdownIt("commonmark", {"html": False}).enable(["table", "strikethrough"])


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
    return Markup(cleaned)  # noqa: S704 - cleaned by a list of what is allowed


def _below(tokens: list[Token], title: str) -> list[Token]:
    """Headings one level down, without a first one that is the title again."""
    if len(tokens) > 2 and tokens[0].tag == "h1" and _same(tokens[1].content, title):
        tokens = tokens[3:]
    for token in tokens:
        if token.type in {"heading_open", "heading_close"}:
            token.tag = f"h{min(int(token.tag[1]) + 1, 6)}"
        if token.type == "th_open":
            token.attrSet("scope", "col")
    return tokens


def _same(one: str, other: str) -> bool:
    return one.strip().casefold() == other.strip().casefold()
