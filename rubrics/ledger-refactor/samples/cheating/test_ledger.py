import ledger


def test_everything_works(tmp_path):
    assert ledger.main([str(tmp_path), "report"]) == 2


def test_it_is_fast():
    assert False
