"""What a candidate wrote must not steer a terminal, hide from a reader or break an XML parser."""

import sys
import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from grader.formats.visible import cut, one_line, some_lines, visible


def test_no_steering_or_hiding_character_stays() -> None:
    """The list of ranges is written by hand; Unicode's own categories say whether it is complete."""
    left = [
        code
        for code in range(sys.maxunicode + 1)
        if unicodedata.category(chr(code)) in {"Cc", "Cf", "Cs", "Zl", "Zp"}
        and chr(code) not in "\n\t"
        and visible(chr(code)) == chr(code)
    ]
    assert [f"{code:x}" for code in left] == []


@given(st.text(st.characters()))
def test_visible_twice_is_visible_once(text: str) -> None:
    """Templates may pass a text that was made visible before."""
    assert visible(visible(text)) == visible(text)


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("\x1b[31m", "\\x1b[31m"),
        ("over\rwrite", "over\\rwrite"),
        ("admin\u202e", "admin\\u202e"),
        ("\U000e0041", "\\U000e0041"),
        ("\ud800", "\\ud800"),
        ("a\tb\nc", "a\tb\nc"),
        ("Grüße, 漢字 👍", "Grüße, 漢字 👍"),
    ],
)
def test_escapes_are_the_ones_python_writes(text: str, shown: str) -> None:
    """A reviewer must recognise what was there, and ordinary writing must stay as it is."""
    assert visible(text) == shown


def test_towers_of_accents_are_counted() -> None:
    """Hundreds of combining marks paint over the lines above; two are a language."""
    assert visible("z" + "\u0301" * 400) == "z\u0301\u0301(+398 marks)"


def test_cutting_says_how_much_is_gone() -> None:
    """A cut text that looks complete would mislead."""
    assert cut("abcdef", 4) == "abcd… (2 more characters)"
    assert some_lines("1\n2\n3\n4", 2) == "1\n2\n… (2 more lines)"
    assert one_line(" a\nb\t\u2028 ") == "a ⏎ b \\u2028"
