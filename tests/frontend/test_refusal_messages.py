# ruff: noqa: B006, B018, B905, C405, E702, E711, E712, E731, E741, F632, F811, F821, F841, PIE810, RUF100, UP
"""A line for each message of the front end that refuses, in the order of its modules."""

import dataclasses
import functools
import inspect
import itertools
import math
import operator
from typing import NamedTuple

import numpy as np
import pytest

from s2s_ad import differentiate, grad, jvp, vjp
from s2s_ad.errors import S2SError
from s2s_ad.frontend.lower import lower
from s2s_ad.ir.signature import Signature
from s2s_ad.ir.types import ANY, F8, FLOAT, INT, ListOf, Num, Seq
from s2s_ad.pipeline import transform

VECTOR = Num("array", F8, (3,))
MATRIX = Num("array", F8, (3, 3))
FLOATS = ListOf("list", FLOAT)
SPEC = {"x": VECTOR, "m": MATRIX, "a": ANY, "f": FLOAT, "n": INT, "xs": FLOATS, "self": ANY}
SPEC["t"] = Seq("tuple", (FLOAT, FLOAT))
SPEC["u"] = Seq("tuple", (Seq("list", (FLOAT,)),))
SPEC["p"] = Seq("tuple", (FLOATS, FLOATS))
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
    one = 1.0
    return f if f is one else 2.0


# containers --------------------------------------------------------------------------------------


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


@refused("zip with strict walks different numbers of items")
def strict_zip(f):
    for a, b in zip((f, f), (1.0, 2.0, 3.0), strict=True):
        f = f + a * b
    return f


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


@refused("a Child object has no attribute 'absent'")
def absent_in_the_parent(f):
    return Child().parent(f)


CHILD = Child()
CASES.append(
    pytest.param(
        Child.parent, "super() of an object of which nothing is known", id="super_of_anything"
    )
)


@refused("this operator is not defined for Child object")
def negative_of_a_global_object(f):
    return -CHILD * f


@refused("this operator is not defined for Child object and a number or array")
def sum_with_a_global_object(f):
    return CHILD + f


@refused("super() has no method 'absent'")
def absent_in_the_parent_of_a_global(f):
    return CHILD.parent(f)


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


@refused("'p' has 'k' on one path and not on another")
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


@refused("np.issubdtype of a dtype that is not known here")
def kind_of_dtype(a):
    return 1.0 if np.issubdtype(a.dtype, np.integer) else 2.0


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


SQUARE = differentiate(square)


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


# and more ----------------------------------------------------------------------------------------


@refused("zip with strict walks 3 and 2 items")
def strict_zip_of_arrays(x):
    total = 0.0
    for a, b in zip(x, x[1:], strict=True):
        total = total + a * b
    return total


@refused("a field of a named result that was unpacked")
def field_of_an_unpacked_result(m):
    sign, logdet = np.linalg.slogdet(m)
    return sign.logabsdet


@refused("this operator does not change a dict in place here")
def augmented_dict(f):
    d = {"a": f}
    d += 1.0
    return d["a"]


@refused("that depends on the path taken")
def function_of_the_path(f):
    g = (lambda v: v) if f > 0.0 else (lambda v: 2.0 * v)
    return g(f)


@refused("PLAIN cannot be called here")
def calls_an_object(f):
    return PLAIN(f)


@refused("a store into a slice of a list in a list")
def slice_store_in_a_list_of_lists(x, n):
    rows = []
    for i in range(n):
        rows.append([x[i], x[i]])
    rows[0][0:1] = [1.0]
    return rows[0][0]


@refused("a slice with computed bounds or a step, of a list of unknown length, is replaced")
def slice_with_a_step_replaced(x):
    xs = [v for v in x if v > 0.0]
    xs[::2] = [1.0]
    return xs[0]


@refused("a generator is consumed here together with something else")
def zip_of_generators(x):
    total = 0.0
    for a, b in zip(counts(3), counts(3)):
        total = total + a * b
    return total


def counts(n):
    for i in range(n):
        yield float(i)


@refused("reduce of nothing")
def reduce_of_nothing(f):
    return functools.reduce(operator.mul, []) * f


@refused("an iterator is consumed twice")
def consumes_twice(x):
    pairs = zip(x, x)
    total = 0.0
    for a, b in pairs:
        total = total + a * b
    for a, b in pairs:
        total = total + a
    return total


@refused("an iterator is consumed in a loop or branch that began after it was made")
def consumes_in_a_loop(x, n):
    pairs = zip(x, x)
    total = 0.0
    for i in range(n):
        for a, b in pairs:
            total = total + a * b
    return total


@refused("Point has the fields u, v")
def too_many_fields(f):
    return Point(f, f, f).u


@refused("v is missing")
def too_few_fields(f):
    return Point(f).u


@refused("super with one argument is not supported")
def super_of_one(f):
    return super(Child).method(f)


@refused("super() outside a method")
def super_outside(f):
    return super().method(f)


class Numbers(list):
    pass


@refused("Numbers is a kind of list")
def a_kind_of_list(f):
    return Numbers([f])[0]


class Watched:
    def __setattr__(self, name, value):
        raise AttributeError(name)


@refused("the class Watched defines __setattr__")
def watched(f):
    w = Watched()
    return f


@refused("dataclasses.replace of this")
def replaces_a_number(f):
    return dataclasses.replace(f, a=1.0)


@refused("explicit iterators are not supported")
def iter_until(f):
    for v in iter(float, 1.0):
        f = f + v
    return f


@refused("the number of axes must be known here")
def diagonal_indices(m, n):
    return m[np.diag_indices(3, n)][0]


@refused("is a tuple inside an argument or in another list, and is changed")
def changes_a_tuple_inside(t):
    t[0] = 1.0
    return t[1]


@refused("has no items")
def item_of_an_object(f):
    p = Plain(f)
    p[0] = f
    return f


@refused("this cannot be differentiated here")
def grad_of_an_object(f):
    return grad(PLAIN)(f)


@refused("the exceptions of a handler must be known classes")
def handles_a_number(f):
    try:
        f = 1.0 / f
    except f:
        f = 0.0
    return f


@refused("a starred argument needs a tuple, list or array")
def stars_a_number(f):
    return square(*f)


@refused("an argument follows starred ones of unknown number")
def after_starred(xs):
    return several(*xs, 1.0)


def several(a, *b):
    return a * b[0]


@refused("the index 5 is out of range")
def index_out_of_range_of_a_value(t):
    return t[5]


@refused("np.pad with mode='edge'")
def pads_with_edges(x):
    return np.pad(x, 1, mode="edge")


@refused("np.meshgrid with sparse=True")
def sparse_grid(x):
    return np.meshgrid(x, x, sparse=True)[0]


@refused(".item(i) of what is not known to be a vector")
def item_of_a_matrix(m):
    return m.item(3)


@refused("np.cross of vectors of two numbers")
def cross_in_the_plane(x):
    return np.cross(x[:2], x[:2])


@refused("a list += an array adds numbers")
def list_plus_array(x):
    xs = [1.0, 2.0, 3.0]
    xs += x
    return xs[0]


@refused("an iterator without end is consumed")
def reduce_without_end(f):
    return functools.reduce(operator.mul, itertools.count()) * f


@refused("only grad and value_and_grad can be differentiated again here")
def grad_of_a_jvp(f):
    return grad(SQUARE.jvp)(f)


@refused("a list or dict inside an argument is changed (append)")
def list_inside_a_tuple(f):
    GROUPS[0].append(f)
    return GROUPS[0][0] * f


GROUPS = ([1.0], [2.0])


@refused("the items of this loop differ in structure")
def items_differ(a, f):
    for v in zip(a, ("a", (f, f)), strict=False):
        f = f * 2.0
    return f


@refused("an empty container is indexed")
def index_of_nothing(f, n):
    t = ()
    return t[n] * f


@refused("is an item of a list, chosen at run time")
def store_into_an_item_chosen(x, n):
    t = (x * 1.0, x * 2.0)
    t[n][0] = 1.0
    return t[0][0]


@refused("is changed in place, and it may be an array that lives outside")
def changes_a_global(x):
    OUTSIDE[0] = x[0]
    return x[0]


OUTSIDE = np.ones(3)


@refused("is changed, and another name may be the same list")
def changes_one_of_two_lists(f):
    a, b = [f], [2.0 * f]
    c = a if f > 0.0 else b
    c.append(f)
    return a[-1]


@refused("add of an array and a sequence")
def array_plus_tuple(x, t):
    return (x + t)[0]


@refused("floordiv of sequences")
def divides_tuples(t):
    return divmod(t, t)[0]


@refused("'g' is a function made in a loop")
def function_of_an_earlier_iteration(f, n):
    for i in range(n):
        g = lambda v: v * i
    return g(f)


@refused("max of arrays")
def max_of_arrays(x):
    return max(x, x)


@refused("is a list, which this changes in place")
def augmented_list_in_a_tuple(u):
    a = u[0]
    a -= 1.0
    return a[0]


@refused("this operator is not defined for")
def augmented_object(f):
    g = PLAIN
    g += 1.0
    return f


@refused("an object without __iter__ is walked")
def walks_an_object(f):
    for v in Plain(f):
        f = f + v
    return f


@refused("max of one sequence")
def max_of_an_array(x):
    return max(x)


@refused("a list of unknown length cannot be built yet")
def dict_of_unknown_pairs(xs):
    d = {}
    d.update(zip(xs, xs))
    return d


@refused("this is an item of a list of which items have changed, and have been added or moved")
def item_of_a_list_that_moved(x, n):
    rows = []
    for i in range(n):
        rows.append([x[i]])
    r = rows[0]
    rows.insert(0, [x[1]])
    rows[1][0] = 2.0
    return r[0]


@refused("'fs' is a function that changes in a loop")
def function_from_a_list_that_changes(f, n):
    fs = [np.sin]
    for i in range(n):
        g = lambda v: v * i
        fs = [g]
    return fs[0](f)


@refused("calls itself and assigns nonlocal names")
def recursion_with_nonlocal(f):
    def again(v):
        nonlocal f
        f = f * 2.0
        return again(v - 1.0) if v > 0.0 else v

    return again(f)


def forever(x):
    return forever(x - 1.0)


@refused("every path of forever calls forever again")
def recursion_without_end(f):
    return forever(f)


@refused(
    "is changed in a try, and it is not known whether it has been where the exception is raised"
)
def store_in_a_try(x, f):
    y = x * 1.0
    try:
        a = math.sqrt(f)
        y[0] = f
        a = a + math.sqrt(f - 1.0)
    except ValueError:
        a = 0.0
    return y[0] + a


class Wrapper:
    def __init__(self, function):
        functools.update_wrapper(self, function)

    def __call__(self, f):
        return f


@Wrapper
def decorated(f):
    return f


CASES.append(pytest.param(decorated, "is wrapped by a decorator", id="decorated"))


@refused("it is not known what this context does")
def context_of_anything(a, f):
    with a:
        f = f * 2.0
    return f


class Entered:
    def __enter__(self):
        return self


@refused("this context has no __exit__")
def context_without_exit(f):
    with Entered():
        f = f * 2.0
    return f


# In the transforms and after ----------------------------------------------------------------------

DERIVED = []


def underived(message, mode="vjp"):
    def enter(function):
        DERIVED.append(pytest.param(function, message, mode, id=function.__name__))
        return function

    return enter


@underived("complex numbers are not differentiated")
def turns_complex(f):
    return abs(f * 1j)


@underived("the derivative of np.linalg.norm with ord=0.5")
def norm_of_order_one_half(x):
    return np.linalg.norm(x, 0.5)


@underived("the derivative of np.linalg.norm of a matrix with ord='nuc'")
def nuclear_norm(m):
    return np.linalg.norm(m, "nuc")


@underived("np.linalg.norm with an order, of an array of unknown rank")
def norm_of_anything(a):
    return np.linalg.norm(a, 3)


@underived("there is no derivative rule for np.i0")
def no_rule(f):
    return np.i0(f)


@underived("the value of vector is not a scalar, but an array with one axis", "grad")
def vector(x):
    return x * 2.0


@underived("the value of pair is not a scalar, but several values", "grad")
def pair(f):
    return f, f


@underived("the value of text is not a number, but: str", "grad")
def text(f):
    return "a"


@underived("a while condition that changes what the loop carries")
def condition_that_pops(f):
    xs = [f, f * 3.0]
    for _ in range(2):
        while xs.pop() > 1.0:
            xs.append(xs[0] * 0.5)
            f = f * 1.5
        else:
            break
    return f


@underived("np.einsum with an ellipsis over arrays of unknown rank")
def einsum_of_anything(a):
    return np.einsum("...i,i->...", a, np.einsum("i->i", a))


@underived("np.imag of what may be complex")
def imaginary_part(a):
    return np.imag(a)


@underived("holds integers, which cut the derivative, is not known")
def stores_into_anything(f, a):
    a[0] = f
    return a[0]


@refused("changes the structure of a name too often")
def tuple_that_grows_long(f):
    t = ()
    k = 0
    while k < 20:
        t = t + (f,)
        k = k + 1
    return t[0]


@refused("a loop that changes the structure of a name ends at run time")
def tuple_that_grows_until(f):
    t = ()
    v = 0
    while v < 2:
        t = t + (f,)
        v = f * len(t)
    return t[0]


@pytest.mark.parametrize(("function", "message", "mode"), DERIVED)
def test_refused_by_the_transforms(function, message, mode):
    names = list(inspect.signature(function).parameters)
    with pytest.raises(S2SError) as caught:
        primal = lower(function, Signature({n: SPEC[n] for n in names}), transform)
        transform(primal, mode, (0,))
    assert message in caught.value.message
    assert caught.value.advice


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
