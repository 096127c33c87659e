import re


def count_words(text: str) -> dict[str, int]:
    if not isinstance(text, str):
        raise TypeError("text must be a string")
    d = {}
    for w in re.findall(r"(?:[^\W_]|')+", text.lower()):
        d[w] = d.get(w, 0) + 1
    return d


def most_common(text: str, number: int = 3) -> list[tuple[str, int]]:
    if number < 1:
        raise ValueError("number must be at least 1")
    tmp = count_words(text)
    tmp2 = sorted(tmp.items(), key=lambda x: (-x[1], x[0]))
    return tmp2[:number]
