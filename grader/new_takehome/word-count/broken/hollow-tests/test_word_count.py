"""Tests of word_count."""

from word_count import count_words, most_common


def test_count_words():
    count_words("one two two")


def test_no_words():
    count_words("")


def test_most_common():
    most_common("a b b")


def test_number():
    most_common("a b b", number=1)
