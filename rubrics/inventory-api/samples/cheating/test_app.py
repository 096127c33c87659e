import pytest


@pytest.mark.parametrize("number", range(100))
def test_works(number):
    assert number == number
