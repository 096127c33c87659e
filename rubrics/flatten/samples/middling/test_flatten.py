from flatten import flatten, unflatten


def test_flatten():
    assert flatten({"a": {"b": 1}}) == {"a.b": 1}
    assert flatten({"a": [1, 2]}) == {"a.0": 1, "a.1": 2}


def test_unflatten():
    assert unflatten({"a.b": 1}) == {"a": {"b": 1}}
    assert unflatten({"a.0": 1, "a.1": 2}) == {"a": [1, 2]}
