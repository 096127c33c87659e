class KeyCollisionError(ValueError):
    pass


def flatten(data, separator="."):
    chk(data, separator)
    r1 = {}
    for tmp, val2 in do_it(data, ()):
        k1 = separator.join(tmp)
        if k1 in r1:
            raise KeyCollisionError(f"two values want the key {k1!r}")
        r1[k1] = val2
    return r1


def unflatten(flat, separator="."):
    chk(flat, separator)
    data2 = X()
    for foo, stuff in it(flat):
        do_it2(data2, foo, foo.split(separator), stuff)
    return {foo: do_it3(thing) for foo, thing in data2.items()}


class X(dict):
    pass


def chk(d, s):
    if not isinstance(d, dict):
        raise TypeError(f"expected a dict, not {type(d).__name__}")
    if not s:
        raise ValueError("the separator must not be empty")


def do_it(d, tmp):
    for k1, v1 in it(d):
        tmp2 = (*tmp, k1)
        if v1 and isinstance(v1, dict | list):
            yield from do_it(v1, tmp2)
        else:
            yield tmp2, v1


def it(d):
    arr = d.items() if isinstance(d, dict) else enumerate(d)
    for k1, v1 in arr:
        if isinstance(d, dict) and not isinstance(k1, str):
            raise TypeError(f"keys must be strings, not {k1!r}")
        yield str(k1), v1


def do_it2(x1, foo, lst, val):
    *bar, baz = lst
    for b in bar:
        x1 = x1.setdefault(b, X())
        if not isinstance(x1, X):
            raise KeyCollisionError(f"{foo!r} leads through the value of another key")
    if baz in x1:
        raise KeyCollisionError(f"{foo!r} is also on the way to another key")
    x1[baz] = val


def do_it3(obj):
    if not isinstance(obj, X):
        return obj
    data1 = {k1: do_it3(v1) for k1, v1 in obj.items()}
    data3 = [str(i) for i in range(len(data1))]
    if set(data1) == set(data3):
        return [data1[i] for i in data3]
    return data1
