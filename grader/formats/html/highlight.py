"""Source text as coloured lines.

Lexers run on the host over a stranger's bytes, so only a few with plain grammars are used, and only on texts of
bounded size whose lines were cut before: what is too large is shown without colours.
"""

from __future__ import annotations

import re
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
COLOURED_CHARACTERS = 200_000
"""Longer texts are not coloured."""

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


def lines_of(text: str) -> list[str]:
    """Split `text` as Python counts lines, cut each to `LINE_CHARACTERS` and make it visible."""
    lines = _BREAK.split(text)
    if lines and lines[-1] == "":
        lines.pop()
    return [visible(cut(line, LINE_CHARACTERS)) for line in lines]


def coloured(lines: list[str], path: str) -> list[Markup]:
    """Give each line of `lines` as markup, coloured if the suffix of `path` is known and the text not too long."""
    kind = _LEXERS.get(path.rpartition(".")[2].lower())
    if kind is None or sum(map(len, lines)) > COLOURED_CHARACTERS:
        return [escape(line) for line in lines]
    lexer = kind(stripnl=False, ensurenl=True)
    out = [""]
    for token, value in lexer.get_tokens("\n".join(lines)):
        css = _css(token)
        first, *rest = value.split("\n")
        out[-1] += _span(css, first)
        out.extend(_span(css, part) for part in rest)
    return [Markup(line) for line in out[: len(lines)]]  # noqa: S704 - made of escaped parts only


def _css(token: _TokenType) -> str:
    for parent, css in _CLASSES:
        if token in parent:
            return css
    return ""


def _span(css: str, value: str) -> str:
    text = str(escape(value))
    return f'<span class="{css}">{text}</span>' if css and value.strip() else text
