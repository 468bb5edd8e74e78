"""The SSA of every program computes what CPython computes, with types and without."""

import copy
import inspect

import numpy as np
import pytest

from s2s_ad.errors import UnsupportedError
from s2s_ad.frontend.lower import lower
from s2s_ad.ir.interpreter import interpret
from s2s_ad.ir.printer import print_function
from s2s_ad.ir.signature import Signature
from s2s_ad.ir.verifier import verify
from s2s_ad.signatures import is_static, of_value
from tests.frontend.programs import PROGRAMS

NEED_TYPES = {"on_rank", "on_type", "text", "heterogeneous", "layers", "over_rows"}


def plain(function):
    return getattr(function, "__func__", function)


def arguments(function, args):
    """The arguments by parameter."""
    names = list(inspect.signature(function).parameters)
    return dict(zip(names, args))


def call(function, args):
    """Call the primal with arguments by parameter."""
    positional, named = [], {}
    for p, x in zip(inspect.signature(function).parameters.values(), args):
        if p.kind is p.VAR_POSITIONAL:
            positional += x
        elif p.kind is p.VAR_KEYWORD:
            named.update(x)
        elif p.kind is p.KEYWORD_ONLY:
            named[p.name] = x
        else:
            positional.append(x)
    return function(*positional, **named)


def signature(function, args, typed=True):
    given = arguments(function, args)
    static = {n: x for n, x in given.items() if is_static(x)}
    types = {n: of_value(x, n) for n, x in given.items() if n not in static} if typed else {}
    return Signature(types, static)


def run(function, ssa, args):
    bound = getattr(function, "__self__", None)
    values = args if bound is None else (bound, *args)
    return interpret(ssa, copy.deepcopy(list(values)) if bound is None else list(values))


def same(a, b):
    if isinstance(b, (tuple, list)):
        return type(a) is type(b) and len(a) == len(b) and all(map(same, a, b))
    if isinstance(b, dict):
        return a.keys() == b.keys() and all(same(a[k], b[k]) for k in b)
    if b is None or a is None:
        return a is b
    assert np.asarray(a).dtype.kind == np.asarray(b).dtype.kind
    return np.array_equal(a, b)


def ids(case):
    function, args = case
    return f"{function.__name__}-{'-'.join(type(a).__name__ for a in args)}"


@pytest.mark.parametrize("case", PROGRAMS, ids=ids)
def test_typed(case):
    function, args = case
    ssa = verify(lower(function, signature(function, args)))
    expected = call(function, copy.deepcopy(args))
    assert same(run(function, ssa, args), expected), print_function(ssa)
    assert print_function(ssa) == print_function(lower(function, signature(function, args)))
    holds = args if getattr(function, "__self__", None) is None else (function.__self__, *args)
    assert all(guard(tuple(holds)) for guard in ssa.guards)


@pytest.mark.parametrize("case", PROGRAMS, ids=ids)
def test_untyped(case):
    function, args = case
    try:
        ssa = verify(lower(function, signature(function, args, typed=False)))
    except UnsupportedError as error:
        assert "type" in str(error), str(error)
        return
    expected = call(function, copy.deepcopy(args))
    assert same(run(function, ssa, args), expected), print_function(ssa)
