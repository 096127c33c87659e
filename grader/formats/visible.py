r"""Candidate text made visible: what would steer a terminal, a page or a parser is shown as an escape instead.

A terminal obeys control characters, a reader is fooled by characters that reorder or hide text, and XML refuses
some altogether. All of them are written the way Python would write them (``\x1b``, ``\u202e``), so that a
reviewer sees that they are there. Line feeds and tabs stay; a carriage return does not, it overwrites a line.
"""

from __future__ import annotations

import re

_UNSAFE = re.compile(
    "["
    "\x00-\x08\x0b-\x1f\x7f-\x9f"  # controls but \t and \n
    "\u00ad\u0600-\u0605\u061c\u06dd\u070f\u0890\u0891\u08e2\u180b-\u180f"  # soft hyphen, marks of scripts
    "\u115f\u1160\u17b4\u17b5\u2800\u3164\uffa0"  # letters without a shape
    "\u200b-\u200f\u2028-\u202e\u2060-\u206f\ufeff"  # zero width, separators, direction
    "\ud800-\udfff\ufdd0-\ufdef\ufff0-\ufffb\ufffe\uffff"  # halves of pairs, non-characters
    "\U000110bd\U000110cd\U00013430-\U0001345f\U0001bca0-\U0001bca3\U0001d173-\U0001d17a"
    "\U000e0000-\U000e0fff"  # tags: invisible ASCII
    "]"
)
_MARKS = "\u0300-\u036f\u0483-\u0489\u0591-\u05bd\u1ab0-\u1aff\u1dc0-\u1dff\u20d0-\u20ff\ufe20-\ufe2f"
_PILE = re.compile(f"([{_MARKS}]{{2}})([{_MARKS}]+)")  # two accents exist, a tower of them covers other lines


def visible(text: str) -> str:
    """Escape what steers or hides; keep lines and tabs."""
    return _PILE.sub(_count_marks, _UNSAFE.sub(_escape, text))


def cut(text: str, limit: int) -> str:
    """Keep `limit` characters of `text` and say how many are gone. Call it before `visible`: it bounds the work."""
    if len(text) <= limit:
        return text
    return f"{text[:limit]}… ({len(text) - limit:,} more characters)"


def one_line(text: str, limit: int = 300) -> str:
    """Make `text` visible on one line of about `limit` characters; a line feed becomes ``⏎``."""
    return visible(" ⏎ ".join(cut(text.strip(" \n\t"), limit).split("\n"))).replace("\t", " ")


def some_lines(text: str, lines: int, width: int = 2000) -> str:
    """Make the first `lines` lines visible, each at most `width` characters, and say what was left out."""
    given = text.split("\n")
    kept = [visible(cut(line, width)) for line in given[:lines]]
    if len(given) > lines:
        kept.append(f"… ({len(given) - lines:,} more lines)")
    return "\n".join(kept)


def _escape(match: re.Match[str]) -> str:
    code = ord(match.group())
    if code == 0x0D:
        return "\\r"
    if code < 0x100:
        return f"\\x{code:02x}"
    return f"\\u{code:04x}" if code < 0x10000 else f"\\U{code:08x}"


def _count_marks(match: re.Match[str]) -> str:
    return f"{match.group(1)}(+{len(match.group(2))} marks)"
