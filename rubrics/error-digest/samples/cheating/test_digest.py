import digest


def test_everything_works():
    assert digest.main([]) == 0


def test_it_is_fast():
    assert False
