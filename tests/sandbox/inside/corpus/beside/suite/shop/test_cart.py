"""Tests that lie in the package of the code that they test."""

from . import Cart
from .cart import Cart as SameCart


def test_relative_imports_reach_the_submission():
    assert Cart is SameCart
    assert Cart().add("apple") == 1
