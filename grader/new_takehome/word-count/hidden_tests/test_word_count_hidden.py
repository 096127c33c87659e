"""Hidden suite. Every test checks a sentence of brief.md and nothing else; a marker names the criterion it decides."""

import pytest
from word_count import count_words, most_common


@pytest.mark.criterion("counting")
def test_each_word_is_counted():
    assert count_words("red green red blue red green") == {"red": 3, "green": 2, "blue": 1}


@pytest.mark.criterion("counting")
def test_upper_case_does_not_matter():
    assert count_words("Tea tea TEA coffee") == {"tea": 3, "coffee": 1}


@pytest.mark.criterion("counting")
@pytest.mark.parametrize("separator", [", ", "--", "\n", "\t", "_", "/"])
def test_everything_else_separates(separator):
    assert count_words(f"left{separator}right{separator}") == {"left": 1, "right": 1}


@pytest.mark.criterion("counting")
def test_digits_apostrophes_and_other_alphabets():
    assert count_words("don't Ärger 42 b2b") == {"don't": 1, "ärger": 1, "42": 1, "b2b": 1}


@pytest.mark.criterion("counting")
def test_order_of_first_appearance():
    assert list(count_words("zebra ant zebra moth")) == ["zebra", "ant", "moth"]


@pytest.mark.criterion("counting")
@pytest.mark.parametrize("text", ["", "  ", "?!"])
def test_text_without_words(text):
    assert count_words(text) == {}


@pytest.mark.criterion("ranking")
def test_most_frequent_first():
    assert most_common("c b b a a a d d d d") == [("d", 4), ("a", 3), ("b", 2)]


@pytest.mark.criterion("ranking")
def test_equally_frequent_words_are_in_alphabetical_order():
    assert most_common("plum fig kiwi apple", number=3) == [("apple", 1), ("fig", 1), ("kiwi", 1)]


@pytest.mark.criterion("ranking")
@pytest.mark.parametrize("number", [1, 2, 4])
def test_at_most_so_many(number):
    assert most_common("w w w w x x x y y z", number=number) == [("w", 4), ("x", 3), ("y", 2), ("z", 1)][:number]


@pytest.mark.criterion("ranking")
def test_fewer_where_there_are_fewer():
    assert most_common("alone", number=10) == [("alone", 1)]
    assert most_common("", number=10) == []


@pytest.mark.criterion("errors")
@pytest.mark.parametrize("text", [None, 7, ["a"], b"a"], ids=repr)
def test_text_must_be_a_string(text):
    with pytest.raises(TypeError):
        count_words(text)
    with pytest.raises(TypeError):
        most_common(text)


@pytest.mark.criterion("errors")
@pytest.mark.parametrize("number", [0, -1])
def test_number_must_be_positive(number):
    with pytest.raises(ValueError):
        most_common("a b c", number=number)
