"""Counts the words of a text."""

import re
from collections import Counter

WORD = re.compile(r"(?:[^\W_]|')+")


def count_words(text: str) -> dict[str, int]:
    """Return how often each word occurs in `text`, in the order in which the words first appear.

    Raises:
        TypeError: `text` is not a string.
    """
    if not isinstance(text, str):
        raise TypeError(f"text must be a string, not {type(text).__name__}")
    return dict(Counter(WORD.findall(text)))


def most_common(text: str, number: int = 3) -> list[tuple[str, int]]:
    """Return the `number` most frequent words of `text` with their counts, the most frequent first.

    Raises:
        TypeError: `text` is not a string.
        ValueError: `number` is below 1.
    """
    if number < 1:
        raise ValueError(f"number must be at least 1, not {number}")
    counts = count_words(text)
    ranked = sorted(counts.items(), key=lambda pair: (-pair[1], pair[0]))
    return ranked[:number]
