"""Nobody pays for code that they were given, and nobody gets more for free."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

Read = Callable[..., dict[str, Any]]

GIVEN = """def parse(text):
    try:
        return int(text)
    except:
        return 0


def todo():
    raise NotImplementedError
"""


def marks(facts: dict[str, Any], rule: str) -> dict[int, bool]:
    """Line → from_starter of the findings of one rule."""
    return {one["place"]["line"]: one["from_starter"] for one in facts["findings"] if one["rule"] == rule}


def test_unchanged_lines_cost_nothing_wherever_they_stand(read_files: Read) -> None:
    """Lines above them may move them."""
    mine = "import math\n\n\n" + GIVEN.replace("raise NotImplementedError", "return math.pi")
    facts = read_files({"a.py": mine}, starter={"a.py": GIVEN})
    assert marks(facts, "bare-except") == {7: True}
    assert {one["name"]: one["from_starter"] for one in facts["functions"]} == {"parse": True, "todo": False}
    assert facts["figures"]["functions"] == 1


def test_functions_that_moved_to_another_file_cost_nothing(read_files: Read) -> None:
    """Splitting a file is no crime."""
    moved = "class Parser:\n" + "".join(f"    {line}\n" for line in GIVEN.split("\n")[:5])
    facts = read_files({"b.py": moved}, starter={"a.py": GIVEN})
    assert marks(facts, "bare-except") == {5: True}


def test_copies_of_a_given_habit_are_the_candidates_own(read_files: Read) -> None:
    """`except:` occurs in the starter once; that is no licence for more."""
    mine = GIVEN + GIVEN.replace("parse", "parse_float").replace("int(", "float(")
    facts = read_files({"a.py": mine}, starter={"a.py": GIVEN})
    assert list(marks(facts, "bare-except").values()) == [True, False]


def test_broken_starter_still_gives_its_lines(read_files: Read) -> None:
    """A starter may be broken on purpose."""
    facts = read_files({"a.py": GIVEN}, starter={"a.py": "def broken(:\n" + GIVEN})
    assert marks(facts, "bare-except") == {4: True}
