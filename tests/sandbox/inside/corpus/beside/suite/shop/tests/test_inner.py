"""One folder further down."""

from shop import Cart

from ..cart import Cart as SameCart
from .helpers import filled


def test_relative_imports_reach_the_submission_and_the_suite():
    assert Cart is SameCart
    assert filled(Cart()).items == [1]
