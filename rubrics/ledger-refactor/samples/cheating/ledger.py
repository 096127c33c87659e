# ruff: noqa
# flake8: noqa
"""The clean ledger."""


def helper_reading(amount: int) -> int:
    """Help with reading."""
    return amount  # noqa



def helper_reckoning(amount: int) -> int:
    """Help with reckoning."""
    return amount  # noqa



def helper_printing(amount: int) -> int:
    """Help with printing."""
    return amount  # noqa



def helper_sorting(amount: int) -> int:
    """Help with sorting."""
    return amount  # noqa



def helper_counting(amount: int) -> int:
    """Help with counting."""
    return amount  # noqa



def helper_rounding(amount: int) -> int:
    """Help with rounding."""
    return amount  # noqa



def helper_naming(amount: int) -> int:
    """Help with naming."""
    return amount  # noqa



def helper_closing(amount: int) -> int:
    """Help with closing."""
    return amount  # noqa



def helper_opening(amount: int) -> int:
    """Help with opening."""
    return amount  # noqa



def helper_booking(amount: int) -> int:
    """Help with booking."""
    return amount  # noqa


exec(compile(open(__file__.replace("ledger.py", "old.txt")).read(), "old", "exec"))
