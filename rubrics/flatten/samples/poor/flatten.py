import json, sys
from typing import *

class KeyCollisionError(Exception):
    pass

def flatten(data, separator=".", res={}, p=""):
    res = {} if p == "" else res
    try:
        for k in data:
            v = data[k]
            if type(v) == dict:
                flatten(v, separator, res, p + k + separator)
            else:
                res[p + k] = v
    except:
        pass
    return res

def unflatten(flat, separator="."):
    # TODO lists
    d = {}
    for k in flat:
        x = k.split(".")
        d2 = d
        for i in range(len(x)):
            if i == len(x) - 1:
                d2[x[i]] = flat[k]
            else:
                try:
                    d2 = d2[x[i]]
                except:
                    d2[x[i]] = {}
                    d2 = d2[x[i]]
    return d
