# ruff: noqa: F841, F842, E731, E702, RUF100
"""Every refused construct, by its message; the place and the advice."""

import functools
import itertools

import numpy as np
import pytest

from s2s_ad.errors import SourceNotFoundError, UnsupportedError
from s2s_ad.frontend.lower import lower
from s2s_ad.ir.signature import Signature
from s2s_ad.ir.types import ANY, F8, FLOAT, INT, Num, Seq

VECTOR = Num("array", F8, (3,))
WEIGHTS = np.ones(3)
CASES = []


def refused(message, **types):
    def enter(f):
        CASES.append((f, message, types))
        return f

    return enter


@refused("a tuple cannot be changed", x=FLOAT)
def tuple_store(x):
    xs = (x, x)
    xs[0] = x
    return xs[1]


@refused("a list is changed while a loop walks it", x=VECTOR)
def changed_while_walked(x):
    xs = [x[0]]
    for v in xs:
        xs.append(v)
    return xs[0]


@refused("a default list of the caller is changed", x=FLOAT, xs=Seq("list", (FLOAT,)))
def default_changed(x, xs=[1.0]):  # noqa: B006
    xs.append(x)
    return xs[0]


@refused("another name may be the same list", x=VECTOR)
def list_chosen(x):
    a, b = [x[0]], [x[1]]
    c = a if x[0] > 0.0 else b
    c.append(x[1])
    return len(a)


@refused("a key of a dict must be a constant", x=VECTOR, n=INT)
def computed_key(x, n):
    d = {}
    for i in range(n):
        d[i] = x[i]
    return d[0]


@refused("a list += an array", x=VECTOR)
def array_added_to_a_list(x):
    xs = [x[0]]
    xs += x[:1]
    return xs[0]


@refused("pop from a list that has no such item", x=FLOAT)
def pop_of_nothing(x):
    xs = []
    return xs.pop() * x


@refused("remove of a computed item", x=FLOAT)
def removes(x):
    xs = [x, 1.0]
    xs.remove(x)
    return xs[0]


@refused("an assignment (:=) inside a comprehension", x=VECTOR)
def walrus_in_comprehension(x):
    return sum([(y := v) * y for v in x])


@refused("is an item of another list", x=VECTOR)
def item_grows(x):
    row = [x[0]]
    rows = []
    for v in x:
        rows.append(row)
        row.append(v)
    return rows[0][0]


@refused("it may be an array that lives outside", x=VECTOR)
def store_into_global(x):
    WEIGHTS[0] = x[0]
    return np.sum(WEIGHTS)


@refused("'x' may be the same array", x=VECTOR)
def store_into_chosen(x):
    y = x * 2.0
    z = y if x[0] > 0 else x
    z[0] = 1.0
    return np.sum(x) + np.sum(y)


@refused("'w' may be the same array", x=Num("array", F8, (3, 3)))
def view_by_layout(x):
    y = x * 2.0
    w = y.ravel()
    y[0, 0] = 1.0
    return np.sum(w)


@refused("'z' may be the same array", x=VECTOR)
def shared_on_one_branch(x):
    y = x * 2.0
    z = x * 3.0
    if x[0] > 0:
        z = y
    y[0] = 5.0
    return np.sum(y * z)


@refused("may be the same array", x=VECTOR)
def written_in_container(x):
    y = x * 2.0
    rows = [y, x]
    total = 0.0
    for _ in range(3):
        rows = [rows[1], rows[0]]
        y[0] = 1.0
    return np.sum(rows[0])


@refused("another axis or step", A=Num("array", F8, (3, 3)))
def row_into_column(A):
    A[:, 2] = A[1]
    return np.sum(A)


@refused("read-only view", x=VECTOR)
def store_into_broadcast(x):
    y = np.broadcast_to(x, (2, 3))
    y[0] = 1.0
    return np.sum(y)


@refused("is no array", x=FLOAT)
def store_into_number(x):
    x[0] = 1.0
    return x


@refused("sets are not supported", x=FLOAT)
def set_display(x):
    return {x, 1.0}


@refused("a function that is returned", x=FLOAT)
def escapes(x):
    return lambda y: x * y


@refused("a function cannot be stored", x=FLOAT)
def function_in_array(x):
    return np.array([lambda y: y, x])


class Thing:
    k = 1.0


THING = Thing()


@refused("is no object that the function has made", x=FLOAT)
def attribute_write(x):
    THING.k = x
    return x


COUNT = 0


@refused("the global 'COUNT' is assigned", x=FLOAT)
def global_statement(x):
    global COUNT
    COUNT = 1
    return x


@refused("a class inside a function", x=FLOAT)
def local_class(x):
    class A:
        pass

    return x


@refused("generators are not supported", x=FLOAT)
def yields(x):
    yield x


@refused("is a coroutine", x=FLOAT)
async def coroutine(x):
    return x


@refused(
    "float64 cannot be added in place to an array of int64", n=Num("array", np.dtype(int), (3,))
)
def augmented_int_array(n):
    y = n * 2
    y += 0.5
    return y


@refused("before it is assigned", x=FLOAT)
def unbound(x):
    y = y + x  # noqa: F821
    return y


@refused("is not defined", x=FLOAT)
def undefined_name(x):
    return x * nowhere  # noqa: F821


@refused("on one path and", x=FLOAT)
def different_structures(x):
    if x > 0:
        y = (x, x)
    else:
        y = (x, x, x)
    return y[0]


@refused("a function that depends on the path", x=FLOAT)
def chosen_function(x):
    f = np.sin if x > 0 else np.cos
    return f(x)


@refused("isinstance needs the type", x=ANY)
def isinstance_unknown(x):
    return x if isinstance(x, float) else x[0]


@refused("takes 1 to 3 arguments", x=FLOAT)
def bad_range(x):
    for _ in range():
        x = x + 1
    return x


@refused("limits of a range must be ints", x=FLOAT)
def float_range(x):
    for _ in range(x):
        x = x + 1
    return x


def bump(v):
    return v + 1.0


@refused("missing a required argument", x=FLOAT)
def wrong_arguments(x):
    return bump()


@refused("2 values are unpacked into at least 3 names", x=FLOAT)
def starred_target(x):
    a, *b, c, d = (x, x)
    return a


@refused("3 values are unpacked into 2 names", x=FLOAT)
def wrong_count(x):
    a, b = (x, x, x)
    return a


@refused("the key 'b' is not in the dict", x=FLOAT)
def missing_key(x):
    return {"a": x}["b"]


@refused("attribute 'nothing' of an array", x=VECTOR)
def unknown_attribute(x):
    return x.nothing


@refused("returning an object", x=FLOAT)
def returns_object(x):
    return THING, x


@refused("bare raise", x=FLOAT)
def bare_raise(x):
    raise


@refused("must be known when the function is transformed", x=VECTOR, n=INT)
def axis_from_loop(x, n):
    for k in range(n):
        x = np.sum(x, axis=k)
    return x


@refused("an iterator is consumed twice", x=VECTOR)
def iterator_twice(x):
    squares = (v * v for v in x)
    return sum(squares) + sum(squares)


@refused("an iterator is consumed twice", x=VECTOR)
def zip_twice(x):
    pairs = zip(x, x)
    first = sum(a * b for a, b in pairs)
    return first + sum(a for a, b in pairs)


@refused("an iterator is consumed in a loop or branch", x=VECTOR)
def iterator_in_a_loop(x):
    squares = (v * v for v in x)
    out = 0.0
    for _ in range(2):
        out = out + sum(squares)
    return out


@refused("an iterator that is stored", x=VECTOR)
def iterator_in_a_list(x):
    iterators = [zip(x, x)]
    return len(iterators)


@refused("explicit iterators", x=VECTOR)
def explicit_next(x):
    return next(iter(x))


@refused("an iterator without end", x=VECTOR)
def endless(x):
    return sum(itertools.product(itertools.count(), x)) * x[0]


@refused("the number of starred arguments is not known", x=VECTOR)
def starred_twice(x):
    xs = [v for v in x if v > 0.0]
    return bump(*xs, *xs)


@refused("zip with strict walks different numbers", x=FLOAT)
def strict_lengths(x):
    return sum(a * b for a, b in zip([x, x], (1.0, 2.0, 3.0), strict=True))


@refused("'k' is read before it is assigned", x=FLOAT)
def variable_of_a_loop_that_never_runs(x):
    for k in range(0):
        pass
    return x * k if x > 0.0 else x


@refused("B is changed in a try", x=FLOAT, c=INT)
def stores_in_a_try_in_a_loop(x, c):
    B = np.ones(2)
    for k in range(3):
        try:
            B[0] = np.sin(x * k)
            B[c] = 2.0
        except (IndexError, FloatingPointError):
            pass
    return B[0]


@refused("a float is no size", x=FLOAT)
def float_as_a_size(x):
    return np.sum(np.ones(x)) * x


@refused("bits of a float", x=FLOAT)
def bits_of_a_float(x):
    return x * (x & 1)


@refused("is cached and assigns nonlocal names", x=FLOAT)
def cached_and_counting(x):
    calls = 0

    @functools.cache
    def f(k):
        nonlocal calls
        calls = calls + 1
        return x * k

    return (f(1) + f(1)) * calls


def add_to(v):
    def inner(x):
        nonlocal v
        v = v + x
        return v * x

    return inner


refused("the nonlocal 'v' belongs to a function that has ended", x=FLOAT)(add_to(1.0))


@refused("'f' is a function made in a loop", x=VECTOR, n=INT)
def function_of_a_loop(x, n):
    def make(a):
        return lambda v: a * v

    for k in range(n):
        f = make(x[k])
    return f(x[0])


def always_again(x):
    return x * always_again(x * 0.5)


@refused("every path of always_again calls always_again again", x=FLOAT)
def endless_recursion(x):
    return always_again(x)


@refused("a pattern with `|` that binds names", x=FLOAT)
def alternatives_that_bind(x):
    match (1, x):
        case (1, v) | (v, 1):
            return v
    return x


@refused("a yield inside a try is not supported", x=FLOAT)
def generator_with_try(x):
    def items():
        try:
            yield x
        finally:
            pass

    return sum(items())


@refused("a yield inside an expression", x=FLOAT)
def generator_that_receives(x):
    def items():
        y = yield x
        yield y

    return sum(items())


@refused("cannot be imported", x=FLOAT)
def imports_nothing(x):
    import no_such_module_at_all

    return x * no_such_module_at_all.k


@refused("what an iterator walks is changed before it is consumed", x=VECTOR)
def walked_later(x):
    xs = [x[0], x[1]]
    pairs = zip(xs, x)
    xs.append(x[2])
    return sum(a * b for a, b in pairs)


@refused("what a loop walks is changed in it", x=VECTOR)
def product_that_changes(x):
    y = x * 1.0
    s = 0.0
    for a, b in itertools.product(y, y):
        y[0] = y[0] * 0.5
        s = s + a * b
    return s


@refused("eval, exec, locals and the like", x=VECTOR)
def uses_eval(x):
    return eval("x[0]")


@refused("eval, exec, locals and the like", x=VECTOR)
def uses_locals(x):
    return locals()["x"][0]


@pytest.mark.parametrize(
    ("function", "message", "types"), CASES, ids=lambda c: getattr(c, "__name__", None)
)
def test_refused(function, message, types):
    with pytest.raises(UnsupportedError) as caught:
        lower(function, Signature(types))
    error = caught.value
    assert message in str(error)
    assert error.location is not None
    assert error.location.file == __file__
    assert "^" in str(error)
    assert error.location.text.strip()


def test_place_of_a_refusal():
    with pytest.raises(UnsupportedError) as caught:
        lower(tuple_store, Signature({"x": FLOAT}))
    line = tuple_store.__code__.co_firstlineno + 3
    shown = str(caught.value).splitlines()
    assert shown[0].startswith(f"{__file__}:{line}:5: a tuple")
    assert shown[1] == "        xs[0] = x"
    assert shown[2] == "        ^^^^^^^^^"
    assert shown[3].startswith("make it a list")


def test_functions_without_source_are_refused():
    with pytest.raises(SourceNotFoundError, match="has no Python source"):
        lower(len)
