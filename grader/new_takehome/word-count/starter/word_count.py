"""Counts the words of a text. See brief.md."""


def count_words(text: str) -> dict[str, int]:
    """Return how often each word occurs in `text`."""
    raise NotImplementedError


def most_common(text: str, number: int = 3) -> list[tuple[str, int]]:
    """Return the `number` most frequent words of `text` with their counts."""
    raise NotImplementedError
