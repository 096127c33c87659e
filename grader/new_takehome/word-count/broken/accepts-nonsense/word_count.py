"""Counts the words of a text."""

import re
from collections import Counter

WORD = re.compile(r"(?:[^\W_]|')+")


def count_words(text: str) -> dict[str, int]:
    """Return how often each word occurs in `text`, in the order in which the words first appear."""
    return dict(Counter(WORD.findall(str(text).lower())))


def most_common(text: str, number: int = 3) -> list[tuple[str, int]]:
    """Return the `number` most frequent words of `text` with their counts, the most frequent first."""
    counts = count_words(text)
    ranked = sorted(counts.items(), key=lambda pair: (-pair[1], pair[0]))
    return ranked[: max(number, 0)]
