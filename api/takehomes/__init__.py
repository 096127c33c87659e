"""Published take-homes: immutable versions of their suite, versions of their rubric."""
