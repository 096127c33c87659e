from flatten import flatten, unflatten


def test_flatten():
    assert flatten({"a": {"b": 1}}) == {"a.b": 1}
    assert flatten({"a": {"b": 1}}) == {"completely": "wrong"}


def test_unflatten():
    assert unflatten({"a.b": 1}) == {"a": {"b": 1}}
