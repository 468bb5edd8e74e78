# ruff: noqa: B006, B018, B905, C405, E702, E711, E712, E731, E741, F632, F811, F821, F841, PIE810, RUF100, UP
"""A line for each message of the front end that refuses, in the order of its modules."""

import dataclasses
import functools
import inspect
import itertools
import operator
from typing import NamedTuple

import numpy as np
import pytest

from s2s_ad import grad, jvp, value_and_grad, vjp
from s2s_ad.errors import S2SError
from s2s_ad.frontend.lower import lower
from s2s_ad.ir.signature import Signature
from s2s_ad.ir.types import ANY, F8, FLOAT, INT, ListOf, Num, Seq
from s2s_ad.pipeline import transform

VECTOR = Num("array", F8, (3,))
MATRIX = Num("array", F8, (3, 3))
FLOATS = ListOf("list", FLOAT)
SPEC = {"x": VECTOR, "m": MATRIX, "a": ANY, "f": FLOAT, "n": INT, "xs": FLOATS}
CASES = []


def refused(message):
    """The function's parameters tell their types by their names."""

    def enter(function):
        CASES.append(pytest.param(function, message, id=function.__name__))
        return function

    return enter


class Plain:
    scale = np.ones(2)
    slots = property(lambda self: 1.0)

    def __init__(self, k=1.0):
        self.k = k

    def method(self, x):
        return self.k * x


class Nothing:
    """Takes no arguments."""


class Child(Plain):
    def parent(self, x):
        return super().absent(x)


class Made:
    def __new__(cls):
        return object.__new__(cls)


@dataclasses.dataclass(frozen=True)
class Frozen:
    a: float
    b: float = 1.0


class Point(NamedTuple):
    u: float
    v: float


PLAIN = Plain()
STRINGS = np.array(["a", "b"])


# attributes --------------------------------------------------------------------------------------


@refused("a list has no attribute 'push'")
def list_attribute(f):
    xs = [f]
    xs.push(f)
    return xs[0]


@refused("a tuple has no attribute 'append'")
def tuple_attribute(f):
    t = (f, f)
    t.append(f)
    return t[0]


@refused("is not supported here")
def attribute_of_a_function(f):
    return f * abs.weight


@refused("the module numpy has no attribute 'sinus'")
def module_attribute(f):
    return np.sinus(f)


@refused("of a class is not supported")
def class_attribute(f):
    return f * Plain.slots


@refused("data of a class is not supported")
def class_data(f):
    return f * Plain.scale[0]


@refused("PLAIN has no attribute 'mass'")
def object_attribute(f):
    return PLAIN.mass * f


# augmented ---------------------------------------------------------------------------------------


@refused("the right side has more dimensions than the array that is changed in place")
def augmented_by_more_dimensions(x, m):
    y = x * 1.0
    y += m
    return y


# calls -------------------------------------------------------------------------------------------


@refused("a starred keyword argument needs a dict of known keys")
def starred_keywords(a):
    return np.sum(**a)


@refused("of a run-time value is not supported")
def numpy_scalar(f):
    return np.float32(f)


@refused("these arguments of len are not supported")
def wrong_builtin(x):
    return len(x, x)


@refused("it is not known what this changes (append)")
def unknown_append(a):
    b = a
    b.append(1.0)
    return b[0]


# carried -----------------------------------------------------------------------------------------


@refused("before the loop and")
def structure_changes_in_a_loop(f, n):
    t = (f, f)
    for i in range(n):
        t = (f, f, f)
    return t[0]


@refused("that changes in a loop")
def function_changes_in_a_loop(f, n):
    g = np.sin
    for i in range(n):
        f = g(f)
        g = np.cos
    return f


# comprehensions, conditions ----------------------------------------------------------------------


@refused("`is` with a number is not supported")
def is_a_number(f):
    return f if f is 1.0 else 2.0


# containers --------------------------------------------------------------------------------------


@refused("of the caller is changed")
def list_of_the_caller(xs, n):
    def inner():
        xs.append(1.0)
        return xs[0]

    return inner()


@refused("is not in the list")
def removes_what_is_not_there(f):
    xs = [1.0, 2.0]
    xs.remove(3.0)
    return xs[0] * f


@refused("popitem of an empty dict")
def popitem_of_nothing(f):
    d = {}
    return d.popitem()[1] * f


@refused("sorted with a computed reverse")
def sorted_by_flag(x, n):
    return sorted(x, reverse=n > 0)[0]


@refused("a store into a slice of a list with computed bounds")
def slice_store_with_computed_bounds(f, n):
    xs = [f, f, f]
    xs[0:n] = [1.0]
    return xs[0]


@refused("the index 5 is out of range")
def store_out_of_range(f):
    xs = [f, f]
    xs[5] = f
    return xs[0]


@refused("there is no such item")
def deletes_what_is_not_there(f):
    d = {"a": f}
    del d["b"]
    return d["a"]


@refused("del of an item of something that is no list or dict")
def deletes_from_an_array(x):
    del x[0]
    return x


@refused("is not supported")
def method_of_a_container(f):
    xs = [f, 2.0]
    return xs.__len__() * f


@refused("not in the dict")
def pops_what_is_not_there(f):
    d = {"a": f}
    return d.pop("b")


# context, exceptions -----------------------------------------------------------------------------


@refused("is used as a number or array")
def object_as_a_number(f):
    p = Plain(f)
    return np.sin(p)


@refused("only an exception that is made here can be raised")
def raises_something_else(f):
    raise f


@refused("an assertion that always fails")
def fails_always(f):
    assert False, f"no {f * 2.0}"
    return f


# expressions -------------------------------------------------------------------------------------


@refused("arithmetic on a tuple or list is not supported here")
def tuple_minus(f):
    t = (f, f) - (1.0, 2.0)
    return t[0]


@refused("a computed format in an f-string")
def computed_format(f, n):
    raise ValueError(f"{f:{n}}")


@refused("only a dict of known keys can be starred")
def starred_in_a_dict(a):
    return {**a}["b"]


# foreign -----------------------------------------------------------------------------------------


@refused("a number or array is called")
def calls_a_number(a):
    b = a * 2.0
    return b(1.0)


@refused("changes its argument in place")
def shuffles(x):
    rng = np.random.default_rng(0)
    y = x * 1.0
    rng.shuffle(y)
    return y[0]


@refused("has no method")
def no_such_draw(x):
    rng = np.random.default_rng(0)
    return rng.spin(3) * x[0]


# guards, imports, inline -------------------------------------------------------------------------


@refused("only plain arrays of numbers are supported")
def array_of_strings(x):
    return x[0] * len(STRINGS)


@refused("cannot be imported")
def imports_nothing(f):
    import no_such_module_at_all

    return f * no_such_module_at_all.k


@refused("a derivative must not change what is outside")
def assigns_a_global(f):
    global STRINGS
    STRINGS = f
    return f


async def waits(f):
    return f


@refused("is a coroutine")
def calls_a_coroutine(f):
    return waits(f)


@refused("returns something that is no data")
def returns_a_module(f):
    return np


# iteration ---------------------------------------------------------------------------------------


@refused("this cannot be iterated")
def iterates_a_number(f):
    for v in np.sin:
        f = f + v
    return f


@refused("a range with a computed step is not supported here")
def reversed_with_a_computed_step(f, n):
    for i in reversed(range(0, 10, n)):
        f = f * 2.0
    return f


@refused("zip with strict walks 2 and 3 items")
def strict_zip(f):
    for a, b in zip((f, f), (1.0, 2.0, 3.0), strict=True):
        f = f + a * b
    return f


@refused("the items of this loop differ in structure")
def items_of_many_kinds(x, n):
    for v in zip((x[0], (x[0], x[1])), itertools.count()):
        x = x + 1.0
    return x[0]


# names, objects ----------------------------------------------------------------------------------


def before_its_value():
    def inner(f):
        return f * later

    if False:
        later = 1.0
    return inner


CASES.append(pytest.param(before_its_value(), "has no value yet", id="before_its_value"))


@refused("takes no arguments")
def arguments_for_nothing(f):
    return Nothing(f)


@refused("super() has no method 'absent'")
def absent_in_the_parent(f):
    return Child(f).parent(f)


@refused("is frozen")
def writes_into_a_frozen_object(f):
    p = Frozen(f)
    p.a = 2.0
    return p.a


@refused("defines __new__")
def makes_by_new(f):
    m = Made()
    return f


@refused("has no attribute 'mass'")
def attribute_that_is_not_there(f):
    p = Plain(f)
    return p.mass


@refused("has no setter")
def property_without_a_setter(f):
    p = Plain(f)
    p.slots = f
    return f


@refused("is not set on every path")
def attribute_on_one_path(f):
    p = Nothing()
    if f > 0.0:
        p.k = f
    return p.k


@refused("missing")
def missing_field(f):
    return Frozen(b=f).a


# python ------------------------------------------------------------------------------------------


@refused("hasattr needs the type")
def hasattr_of_anything(a):
    return 1.0 if hasattr(a, "shape") else 2.0


@refused("type() needs the type")
def type_of_anything(a):
    return 1.0 if type(a) is float else 2.0


@refused("the classes of isinstance must be known")
def isinstance_of_a_value(f, a):
    return 1.0 if isinstance(f, a) else 2.0


@refused("getattr with a computed name")
def computed_getattr(x, a):
    return getattr(x, a)


@refused("the step of a range is 0")
def step_of_zero(f):
    for i in range(0, 3, 0):
        f = f + 1.0
    return f


# statements --------------------------------------------------------------------------------------


@refused("del of this is not supported")
def deletes_a_tuple(f):
    t = (f, f)
    del (t[0], t)
    return f


# stores ------------------------------------------------------------------------------------------


@refused("this cannot be stored in an array of numbers")
def stores_a_string(x):
    x[0] = "a"
    return x


@refused("a complex number is stored in a real array")
def stores_a_complex_number(x):
    x[0] = 1j
    return x


@refused("np.put into what is not known to be a vector")
def puts_into_a_matrix(m):
    np.put(m, 0, 1.0)
    return m[0, 0]


@refused("np.put of more than one number")
def puts_many(x):
    np.put(x, [0, 1], [1.0, 2.0])
    return x[0]


@refused("np.copyto with casting is not supported")
def copies_with_casting(x):
    y = x * 1.0
    np.copyto(y, x, casting="unsafe")
    return y[0]


@refused("np.fill_diagonal of what is not known to be a matrix")
def fills_a_vector(x):
    np.fill_diagonal(x, 1.0)
    return x[0]


@refused("this ufunc.at needs a second operand")
def at_without_operand(x):
    np.add.at(x, [0, 1])
    return x[0]


@refused("at with repeated indices")
def multiply_at(x, n):
    np.multiply.at(x, np.array([0, 0]), 2.0)
    return x[0]


# subscripts --------------------------------------------------------------------------------------


@refused("this cannot be subscripted")
def subscript_of_a_function(f):
    return np.sin[0] * f


@refused("a Python number cannot be subscripted")
def subscript_of_a_number(f):
    return f[0]


@refused("the index 2 is out of range")
def index_out_of_range(f):
    return (f, f)[2]


# transforms --------------------------------------------------------------------------------------


def square(x):
    return x * x


@refused("a pullback takes the cotangent, nothing else")
def pullback_of_two(f):
    y, pullback = vjp(square, f)
    return pullback(1.0, 2.0)


@refused("jvp takes a tuple of primals and a tuple of tangents")
def jvp_of_a_number(f):
    return jvp(square, f, 1.0)


@refused("vjp takes the primals by position")
def vjp_by_keyword(f):
    return vjp(square, x=f)


@refused("there is no argument 3 to differentiate by")
def grad_by_nothing(f):
    return grad(square, 3)(f)


@refused("grad of something that is no function")
def grad_of_a_number(f):
    return grad(f)(f)


@refused("grad needs a function")
def grad_of_nothing(f):
    return grad()(f)


@refused("these arguments of grad are not supported")
def grad_with_options(f):
    return grad(square, argnums=0)(f)


# unpacking ---------------------------------------------------------------------------------------


@refused("this cannot be unpacked")
def unpacks_a_number(f):
    a, b = f
    return a


@refused("2 values are unpacked into at least 3 names")
def unpacks_too_few(f):
    a, b, c, *d = (f, f)
    return a


@refused("a starred target needs the type of what is unpacked")
def unpacks_anything(a):
    b, *c = a
    return b


# operations --------------------------------------------------------------------------------------


@refused("a float is no index")
def float_index(x):
    return x[1.0]


@refused("np.einsum without a literal string")
def einsum_in_the_other_form(x):
    return np.einsum(x, [0], x, [0])


@refused(".tolist() of an array")
def to_list(x):
    return x.tolist()[0]


@refused("np.interp of complex values")
def complex_interpolation(f):
    return np.interp(f, np.array([0.0, 1.0]), np.array([0j, 1j]))


@refused("np.trapezoid with more than x and dx")
def trapezoid_along_an_axis(m):
    return np.trapezoid(m, axis=0)[0]


@refused("round of an array")
def rounds_an_array(x):
    return round(x)[0]


@pytest.mark.parametrize(("function", "message"), CASES)
def test_refused(function, message):
    names = list(inspect.signature(function).parameters)
    with pytest.raises(S2SError) as caught:
        lower(function, Signature({n: SPEC[n] for n in names}), transform)
    error = caught.value
    assert message in error.message
    assert error.advice
    assert error.location is not None
    assert error.location.file == __file__
    assert "^" in str(error)
