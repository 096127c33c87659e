"""The documentation page of the library: docs/criteria.md."""

from __future__ import annotations

from collections.abc import Iterator
from textwrap import fill

from grader.library import criteria
from grader.rubric.library import LibraryCriterion
from grader.rubric.model import Human, Item, YesNo

WIDTH = 120
HEAD = """\
# Criteria to take by name

Made by `python -m grader.library` from the files in `grader/library/`; how to use them is in [rubrics.md](rubrics.md).
A version that was published never changes: what changes becomes the next version, beside it. Here stands the newest of
each; `grader rubric library NAME@VERSION` prints the text of any, with its points, scales and examples.
"""


def page() -> str:
    """The page as Markdown."""
    newest = {one.id: one for one in sorted(criteria(), key=lambda one: one.version)}
    return "\n".join([HEAD, *(line for name in sorted(newest) for line in _criterion(newest[name]))])


def _criterion(one: LibraryCriterion) -> Iterator[str]:
    yield f"## library/{one.id}@{one.version}\n"
    yield fill(f"**{one.title}.** {one.about}", WIDTH) + "\n"
    yield (
        fill(f"A brief may say: “{one.announce}” Weight {float(one.weight):g}: {one.weight_why}", WIDTH)
        + "\n"
    )
    yield "| item | points | looks at | |\n|---|---:|---|---|"
    for item in one.items:
        yield f"| `{item.id}` | {float(item.points):g} | {_looks_at(item)} | {item.title}. {item.explain.what} |"
    yield ""


def _looks_at(item: Item) -> str:
    if isinstance(item, Human):
        return "a person"
    name = item.condition.measure if isinstance(item, YesNo) else item.measure
    return f"`{name}`"
