"""Tests of word_count, by behaviour."""

import pytest

from word_count import count_words, most_common


def test_counts_every_word():
    assert count_words("one two two") == {"one": 1, "two": 2}


def test_case_does_not_matter():
    assert count_words("The the THE") == {"the": 3}


def test_punctuation_separates():
    assert count_words("yes, yes. no-one") == {"yes": 2, "no": 1, "one": 1}


def test_no_words():
    assert count_words("...") == {}


def test_most_frequent_comes_first():
    assert most_common("a b b", number=1) == [("b", 2)]


def test_three_by_default():
    assert len(most_common("a b c d")) == 3


def test_text_must_be_a_string():
    with pytest.raises(TypeError):
        count_words(None)


def test_number_must_be_positive():
    with pytest.raises(ValueError):
        most_common("a", number=0)
