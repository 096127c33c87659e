"""Source text as coloured lines.

Lexers run on the host over a stranger's bytes, so only a few with plain grammars are used, and only on texts of
bounded size whose lines were cut before: what is too large is shown without colours.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from types import MappingProxyType

from markupsafe import Markup, escape
from pygments.lexer import Lexer
from pygments.lexers.configs import IniLexer, TOMLLexer
from pygments.lexers.data import JsonLexer, YamlLexer
from pygments.lexers.python import PythonLexer
from pygments.token import Comment, Keyword, Name, Number, Operator, String, _TokenType

from grader.formats.visible import cut, visible

LINE_CHARACTERS = 500
"""Longer lines are cut before they are shown or coloured."""
COLOURED_CHARACTERS = 60_000
"""Longer texts are not coloured: what a lexer makes slow (30 µs a character was seen) stays below two seconds."""

_LEXERS: MappingProxyType[str, type[Lexer]] = MappingProxyType(
    {
        "py": PythonLexer,
        "pyi": PythonLexer,
        "toml": TOMLLexer,
        "json": JsonLexer,
        "yaml": YamlLexer,
        "yml": YamlLexer,
        "cfg": IniLexer,
        "ini": IniLexer,
    }
)
_CLASSES: tuple[tuple[_TokenType, str], ...] = (
    (Comment, "com"),
    (String.Doc, "doc"),
    (String.Interpol, "int"),
    (String, "str"),
    (Number, "num"),
    (Keyword, "kw"),
    (Operator.Word, "kw"),
    (Name.Function, "fn"),
    (Name.Class, "cls"),
    (Name.Decorator, "dec"),
    (Name.Builtin, "bi"),
    (Name.Exception, "bi"),
    (Name.Tag, "fn"),
)
_BREAK = re.compile("\r\n|\r|\n")  # what Python's own parser takes for the end of a line, and nothing else


def decode(data: bytes) -> tuple[str, bool]:
    """Read `data` as UTF-8, and say whether it was; what is not becomes U+FFFD."""
    text = data.decode("utf-8-sig", "replace")
    return text, "\ufffd" not in text or "\ufffd".encode() in data


def split_lines(text: str) -> list[str]:
    """Split `text` as Python counts lines. A final line end starts no further line."""
    lines = _BREAK.split(text)
    if lines[-1] == "":
        lines.pop()
    return lines


def marked(lines: Sequence[str], shown: Sequence[int], path: str, room: int) -> Mapping[int, Markup]:
    """Give the lines numbered `shown` (from 1) as markup, cut to `LINE_CHARACTERS`, made visible, escaped.

    They are coloured if the suffix of `path` is known and all of `lines` is at most `room` characters.
    """
    lexer = _LEXERS.get(path.rpartition(".")[2].lower())
    if lexer is None or sum(map(len, lines)) + len(lines) > min(room, COLOURED_CHARACTERS):
        return {number: escape(_shorten(lines[number - 1])) for number in shown}
    coloured = _coloured([_shorten(line) for line in lines], lexer(stripnl=False, ensurenl=True))
    return {number: coloured[number - 1] for number in shown}


def _shorten(line: str) -> str:
    return visible(cut(line, LINE_CHARACTERS))


def _coloured(lines: Sequence[str], lexer: Lexer) -> list[Markup]:
    out = [""]
    for token, value in lexer.get_tokens("\n".join(lines)):
        css = _css(token)
        first, *rest = value.split("\n")
        out[-1] += _span(css, first)
        out.extend(_span(css, part) for part in rest)
    return [Markup(line) for line in out[: len(lines)]]  # noqa: S704 - made of escaped parts only


def _css(token: _TokenType) -> str:
    for parent, css in _CLASSES:
        if token[: len(parent)] == parent:
            return css
    return ""


def _span(css: str, value: str) -> str:
    text = str(escape(value))
    return f'<span class="{css}">{text}</span>' if css and value.strip() else text
