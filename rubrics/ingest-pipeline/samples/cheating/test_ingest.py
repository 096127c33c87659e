import ingest


def test_everything_works(tmp_path):
    assert ingest.main([str(tmp_path), str(tmp_path)]) == 0


def test_it_is_fast():
    assert False
