"""Percentages as people type them."""

from __future__ import annotations

import typer


def percentage(text: str) -> float:
    """0 to 100, from `70`, `70.5` or `70%`.

    Raises:
        BadParameter: it is something else.
    """
    plain = text.strip().removesuffix("%").strip()
    try:
        found = float(plain)
    except ValueError:
        found = -1.0
    if not 0 <= found <= 100:  # NaN is not either
        raise typer.BadParameter(f"{text!r} is no percentage: write a number from 0 to 100, such as 70%.")
    return found
