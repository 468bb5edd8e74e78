"""Programs with `try`, `with` and `assert`, with arguments for each way through them."""

from __future__ import annotations

import contextlib
import math
import threading
from typing import Any

import numpy as np

LOCK = threading.Lock()
A = np.array([[1.3, 0.2], [0.4, 1.1]])
INDEFINITE = np.array([[0.3, 0.2], [0.4, 0.1]])


class Bad(Exception):
    def __init__(self, a: Any, b: Any = 2.0) -> None:
        self.a = a
        self.b = b * a

    def twice(self) -> Any:
        return self.a * 2.0


class Rejected(Exception):
    def __init__(self, err: Any) -> None:
        super().__init__(f"local error {err:.3g}")
        self.err = err


class Scale:
    def __init__(self, scale: Any) -> None:
        self.scale = scale
        self.count = 0

    def __enter__(self) -> Scale:
        self.count += 1
        return self

    def __exit__(self, kind: Any, error: Any, trace: Any) -> None:
        self.scale = self.scale * 2.0


def check(x: Any) -> Any:
    if x > 2.0:
        raise ValueError(f"too large: {x}")
    return x * x


def trial(y: Any, h: Any) -> Any:
    err = abs(h * y)
    if err > 1.0:
        raise Rejected(err)
    return y + h * y


def loopcallee(x: Any) -> Any:
    s = x
    for k in range(5):
        s = s * x
        if s > 10.0:
            raise OverflowError("big")
    return s


def raised_in_a_callee(x: Any) -> Any:
    try:
        y = check(x) + 1.0
    except ValueError:
        y = 3.0 * x
    return y * x


def raised_here(x: Any) -> Any:
    try:
        if x > 2.0:
            raise ValueError("no")
        y = x * x
    except ValueError:
        y = 3.0 * x
    else:
        y = y + 1.0
    return y * x


def raised_in_two_places(x: Any) -> Any:
    try:
        y = check(x) * check(x + 1.0)
    except (ValueError, KeyError):
        y = 2.0 * x
    except ZeroDivisionError:
        y = 7.0
    return y


def left_by_break_in_a_handler(x: Any) -> Any:
    s = 0.0
    for k in range(4):
        try:
            s = s + check(x + k)
        except ValueError:
            s = s + 0.5 * x
            break
    return s


def tried_until_it_holds(x: Any) -> Any:
    h = 4.0 * x
    while True:
        try:
            y = check(h)
            break
        except ValueError:
            h *= 0.5
    return y * h


def returned_from_the_body(x: Any) -> Any:
    try:
        return check(x) * 2.0
    except ValueError:
        pass
    return x * 5.0


def raised_again_by_a_handler(x: Any) -> Any:
    try:
        try:
            y = check(x)
        except ValueError as e:
            if x > 5.0:
                raise
            raise KeyError("a") from e
    except KeyError:
        y = -x
    return y


def raised_in_a_loop_of_a_callee(x: Any) -> Any:
    try:
        y = loopcallee(x)
    except OverflowError:
        y = x + 1.0
    return y * y


def assertion_caught(x: Any) -> Any:
    try:
        assert x < 2.0, f"no {x}"
        y = x * x
    except AssertionError as e:
        print(e)
        y = x
    return y


def state_where_it_was_raised(x: Any) -> Any:
    s = x
    try:
        for k in range(5):
            s = s * x
            if s > 10.0:
                raise OverflowError("big")
        s = s + 1.0
    except OverflowError:
        s = s * 2.0
    return s


def sqrt_of_a_negative_number(x: Any) -> Any:
    try:
        y = math.sqrt(x - 2.0)
    except ValueError as e:
        print(e)
        y = x * x
    return y * x


def division_by_zero(x: Any) -> Any:
    k = int(x)
    try:
        y = x / (k - 1)
    except ZeroDivisionError:
        y = x * x * x
    else:
        y = y + 1.0
    return y


def division_by_zero_in_a_loop(x: Any) -> Any:
    s = 0.0
    for k in range(4):
        try:
            s = s + x * x / (k - 2)
        except ZeroDivisionError:
            s = s * x
            continue
        s = s * 1.1
    return s


def index_of_a_list(x: Any) -> Any:
    d = [x, x * x]
    s = 0.0
    for k in range(4):
        try:
            v = d[k]
        except IndexError:
            v = 3.0 * x
        s = s + v * v
    return s


def several_handlers(x: Any) -> Any:
    k = int(x)
    try:
        y = x / (k - 1)
        z = math.sqrt(y - 1.4)
    except ZeroDivisionError:
        return x
    except ValueError:
        z = x * x
    return z * x


def loop_in_a_try_in_a_loop(x: Any) -> Any:
    s = x
    for j in range(3):
        try:
            t = x
            for k in range(3):
                t = t * t / (k + j - 3)
            s = s + t
        except ZeroDivisionError:
            s = s * x
    return s


def all_ways_out_of_a_body(x: Any) -> Any:
    s = 0.0
    for k in range(5):
        try:
            if k == 3:
                break
            s = s + x / (k - 1)
            if k == 2:
                continue
            s = s + x * x
        except ZeroDivisionError:
            s = s + 2.0 * x
            if x > 5.0:
                return s * x
        s = s * x
    return s


def finally_after_a_handler(x: Any) -> Any:
    s = 1.0
    try:
        s = s * check(x)
    except ValueError:
        s = s * x
    finally:
        s = s + x
    return s


def finally_after_a_return(x: Any) -> Any:
    s = x
    try:
        if x > 2.0:
            return s * s
        s = s * 3.0
    finally:
        s = s + x
    return s


def finally_that_prints(x: Any) -> Any:
    s = x
    try:
        try:
            s = s * check(x)
        finally:
            print("done")
            s = s * 2.0
    except ValueError:
        s = s * 5.0
    return s * x


def finally_after_continue_and_break(x: Any) -> Any:
    s = 0.0
    for k in range(6):
        try:
            if k == 1:
                continue
            if k > x:
                break
            s = s + x * k
        finally:
            s = s * x
    return s


def finally_that_returns(x: Any) -> Any:
    try:
        check(x)
    finally:
        return x * 3.0


def finally_after_an_operation(x: Any) -> Any:
    n = 0.0
    try:
        y = math.sqrt(x - 3.0)
    except ValueError:
        y = x
    finally:
        n = n + x
    return y * n


def finally_without_handler(x: Any) -> Any:
    try:
        y = math.sqrt(x - 3.0)
    finally:
        print("bye")
    return y * x


def finally_before_an_outer_handler(x: Any) -> Any:
    s = x
    for k in range(3):
        try:
            try:
                s = s * check(s)
            finally:
                s = s + 0.5
        except ValueError:
            s = s * 0.3
            if k == 2:
                return s * 2.0
    return s


def suppressed(x: Any) -> Any:
    y = x
    with contextlib.suppress(ValueError, KeyError):
        y = y * 3.0
        y = check(x)
    return y * x


def lock_in_a_loop(x: Any) -> Any:
    s = 0.0
    for k in range(3):
        with LOCK:
            s = s + x * k * s + 1.0
            if s > 100.0:
                break
    return s


def null_context(x: Any) -> Any:
    with contextlib.nullcontext(x) as z:
        y = z * x
    return y


def raised_inside_a_lock(x: Any) -> Any:
    try:
        with LOCK:
            y = check(x)
    except ValueError:
        y = x * 4.0
    return y * x


def name_assigned_before(x: Any) -> Any:
    y = 1.0
    try:
        y = x * 3.0
        z = math.sqrt(x - 2.0)
        y = y + z
    except ValueError:
        return y * x
    return y * 2.0


def name_assigned_after(x: Any) -> Any:
    y = x
    try:
        z = math.sqrt(x - 2.0)
        y = x * z
    except ValueError:
        pass
    return y * 2.0


def stored_before(x: Any) -> Any:
    y = np.zeros(3)
    try:
        y[0] = x * 2.0
        y[1] = math.sqrt(float(x) - 2.0)
        y[2] = x
    except ValueError:
        y[1] = 3.0 * x
    return np.sum(y * y)


def appended_before(x: Any) -> Any:
    xs = [x]
    try:
        xs.append(x * x)
        xs.append(math.sqrt(x - 2.0))
    except ValueError:
        xs.append(5.0 * x)
    return xs[0] * xs[1] * xs[-1]


def raised_in_a_comprehension(x: Any) -> Any:
    try:
        ys = [check(x * k) for k in range(3)]
    except ValueError:
        ys = [x]
    return sum(ys) * x


def raised_in_a_conditional_expression(x: Any) -> Any:
    try:
        y = check(x) if x > 1.5 else 2.0 * check(x + 1.0)
        y = y + x
    except ValueError:
        y = 0.5 * x
    return y * y


def raised_in_a_condition(x: Any) -> Any:
    try:
        if x > 1.0 and check(x) > 1.2:
            y = 3.0 * x
        else:
            y = x
    except ValueError:
        y = x * x * x
    return y


def attributes_of_an_exception(x: Any) -> Any:
    try:
        if x > 5.0:
            raise Bad(x, b=3.0)
        if x > 2.0:
            raise Bad(x * x)
        y = x
    except Bad as e:
        y = e.twice() + e.b
    return y * x


def nonlocal_where_it_was_raised(x: Any) -> Any:
    n = 0.0

    def inner(v: Any) -> Any:
        nonlocal n
        n = n + v
        return check(v)

    try:
        y = inner(x) + inner(x * 1.2)
    except ValueError:
        y = x
    return y * n


def raised_through_an_inner_try(x: Any) -> Any:
    def g(v: Any) -> Any:
        try:
            return check(v)
        except KeyError:
            return v

    try:
        y = g(x) + 1.0
    except ValueError:
        y = g(0.1 * x)
    else:
        y = y * 2.0
    return y


def raised_in_an_else(x: Any) -> Any:
    try:
        try:
            y = check(x * 0.5)
        except ValueError:
            y = 7.0 * x
        else:
            y = y + check(x)
    except ValueError:
        y = 11.0 * x
    return y


def bare_except(x: Any) -> Any:
    try:
        y = math.sqrt(x - 2.0) * check(x - 3.0)
    except:  # noqa: E722
        y = x
    return y * x


def index_of_an_array(x: Any) -> Any:
    a = np.array([x, x * x])
    s = 0.0
    k = 0
    while True:
        try:
            s = s + a[k] * k + a[k]
        except IndexError:
            break
        k += 1
    return s


def key_of_a_dict(x: Any) -> Any:
    d = {"a": x}
    try:
        y = d["b"]
    except KeyError:
        y = d["a"] * 2.0
    return y * x


def raised_in_the_condition_of_a_loop(x: Any) -> Any:
    s = x
    try:
        while check(s) < 3.0:
            s = s * 1.1
    except ValueError:
        s = x
    return s


def array_stored_by_a_handler(x: Any) -> Any:
    y = np.ones(3) * x
    for k in range(3):
        try:
            w = 1.0 / (k - 1)
        except ZeroDivisionError:
            y[k] = y[k] * y[0]
            continue
        y[k] = y[k] * w * y[2]
    return np.sum(y)


def sizes_that_do_not_agree(x: Any) -> Any:
    a = np.ones(1) * x
    b = np.arange(3.0)
    try:
        y = a @ b
    except ValueError:
        y = np.sum(a * b)
    return y


def raised_by_a_handler(x: Any) -> Any:
    try:
        try:
            y = check(x)
        except ValueError as e:
            raise Bad(x) from e
    except Bad as b:
        y = b.a * 5.0
    return y


def else_of_a_loop(x: Any) -> Any:
    s = 0.0
    for k in range(4):
        try:
            s = s + check(x * k * 0.5)
        except ValueError:
            break
    else:
        s = s * 2.0
    return s


def states_where_it_was_raised(x: Any) -> Any:
    s = x
    try:
        s = s * 2.0
        a = check(s)
        s = s + 1.0
        b = check(s * 0.7)
    except ValueError:
        return s * x
    return a * b


def returned_from_a_handler(x: Any) -> Any:
    for k in range(3):
        try:
            y = check(x + k)
        except ValueError:
            return y * x if k else x
    return y


def adaptive_steps(y: Any, h: Any) -> Any:
    t = 0.0
    while t < 1.0:
        try:
            y = trial(y, h)
        except Rejected as r:
            h = h * 0.8 / r.err
            continue
        t += h
    return y


def cholesky_or_not(A: Any) -> Any:
    k = A @ A.T - 0.5 * np.eye(2)
    try:
        L = np.linalg.cholesky(k)
    except np.linalg.LinAlgError:
        L = k * 2.0
    return np.sum(L * L * A)


def jitter_until_definite(A: Any) -> Any:
    k = A + A.T
    jitter = 0.1
    for _ in range(10):
        try:
            L = np.linalg.cholesky(k + jitter * np.eye(len(k)))
            break
        except np.linalg.LinAlgError:
            jitter *= 10.0
    else:
        raise ValueError("not definite")
    return np.sum(L[1] * L[1]) * jitter


def returned_from_nested_attempts(A: Any) -> Any:
    k = A + A.T
    try:
        return np.sum(np.linalg.cholesky(k))
    except np.linalg.LinAlgError:
        pass
    jitter = 0.1
    for _ in range(10):
        try:
            return np.sum(np.linalg.cholesky(k + jitter * np.eye(len(k))))
        except np.linalg.LinAlgError:
            jitter *= 10.0
    raise ValueError("not definite")


def asked_and_dropped(A: Any) -> Any:
    try:
        np.linalg.cholesky(A)
    except np.linalg.LinAlgError:
        return np.sum(A)
    return np.sum(A * A)


def rebound_in_the_body(x: Any) -> Any:
    y = x * 2.0
    z = np.sum(y * y)
    try:
        w = np.linalg.inv(y)
        y = np.zeros((2, 2))
    except np.linalg.LinAlgError:
        w = x
    return np.sum(w * w) * z


def context_of_a_class(x: Any) -> Any:
    t = Scale(x)
    with t as u:
        y = u.scale * x
        if x > 5.0:
            return y * t.scale
    return y * t.scale + t.count


def raised_inside_a_context_of_a_class(x: Any) -> Any:
    t = Scale(x)
    try:
        with t:
            y = check(x)
    except ValueError:
        y = 2.0
    return y * t.scale


def floating_point_error(x: Any) -> Any:
    try:
        with np.errstate(all="raise"):
            y = np.log(np.array([x - 2.0]))[0]
    except FloatingPointError:
        y = x
    return y * x


def large(x: Any, k: Any) -> Any:
    s = x
    for _ in range(2):
        s = s * x + np.sin(s) * np.cos(x) + np.exp(-s) * np.tanh(s)
        s = s * x + np.sin(s) * np.cos(x) + np.exp(-s) * np.tanh(s)
        s = s * x + np.sin(s) * np.cos(x) + np.exp(-s) * np.tanh(s)
        s = s * x + np.sin(s) * np.cos(x) + np.exp(-s) * np.tanh(s)
    if s > 1.5 * k:
        raise ValueError("large")
    return s / k


class Ends:
    def __init__(self, s: Any) -> None:
        self.s = s

    def __enter__(self) -> Ends:
        return self

    def __exit__(self, kind: Any, error: Any, trace: Any) -> Any:
        self.s = self.s * 3.0
        return isinstance(error, ValueError)


class EndsAll(Ends):
    def __exit__(self, *error: Any) -> Any:
        if error[0] is not None:
            self.s = self.s * 5.0
        return True


@contextlib.contextmanager
def scaled(y: Any, k: Any = 2.0) -> Any:
    y = y * k
    try:
        yield y
    finally:
        print("done")


@contextlib.contextmanager
def pardoned(s: Any) -> Any:
    try:
        yield s * 2.0
    except ValueError:
        s = s + 1.0
    print("after", s)


@contextlib.contextmanager
def stored_around(a: Any) -> Any:
    a[0] = a[0] * 2.0
    yield
    a[0] = a[0] + 3.0


@contextlib.contextmanager
def checked_after(x: Any) -> Any:
    yield x * 2.0
    check(x)


class Shifting:
    def __init__(self, x: Any) -> None:
        self.x = x

    @contextlib.contextmanager
    def shifted(self, d: Any) -> Any:
        old = self.x
        self.x = old + d
        try:
            yield self
        finally:
            self.x = old

    def close(self) -> None:
        self.x = self.x * 2.0


class Idle(contextlib.AbstractContextManager, contextlib.ContextDecorator):
    def __exit__(self, *error: Any) -> None:
        return None


def generator_context(x: Any) -> Any:
    with scaled(x) as v:
        y = v * x
    return y


def return_in_a_generator_context(x: Any) -> Any:
    with scaled(x, k=3.0) as v:
        if x > 2.0:
            return v * x
        y = v
    return y * x * x


def exception_ended_by_a_generator(x: Any) -> Any:
    y = x
    with pardoned(x) as v:
        y = v * v
        y = check(x) + v
    return y * x


def two_contexts_in_one_statement(x: Any) -> Any:
    with scaled(x) as a, pardoned(a) as b:
        y = check(b * 0.4) * a
        return y
    return x


def continue_and_break_in_a_generator_context(x: Any) -> Any:
    s = 0.0
    a = [x]
    for k in range(5):
        with stored_around(a):
            if k == 1:
                continue
            if a[0] > 30.0:
                break
            s = s + a[0] * x
    return s + a[0]


def operation_through_a_generator_context(x: Any) -> Any:
    k = int(x)
    y = x
    with contextlib.suppress(ZeroDivisionError):
        with scaled(x) as v:
            y = v / (k - 3)
    return y * x


def context_of_a_method(x: Any) -> Any:
    o = Shifting(x)
    with o.shifted(x * x) as p:
        y = p.x * x
        if x > 2.4:
            return y * o.x
    return y * o.x


def exception_ended_by_exit(x: Any) -> Any:
    e = Ends(x)
    y = x
    with e:
        y = check(x) * x
    return y * e.s


def operation_ended_by_exit(x: Any) -> Any:
    e = EndsAll(x)
    k = int(x)
    y = x
    with e:
        y = x / (k - 3)
    return y * e.s


def exit_that_looks(x: Any) -> Any:
    e = Ends(x)
    y = 1.0
    try:
        with e:
            if x > 2.0:
                raise KeyError(x)
            y = x
    except KeyError:
        y = x * x
    return y * e.s


def operation_past_an_exit(x: Any) -> Any:
    t = Scale(x)
    k = int(x)
    y = 1.0
    try:
        with t:
            y = x / (k - 3)
    except ZeroDivisionError:
        y = 2.0
    return y * t.scale


def operation_past_a_finally(x: Any) -> Any:
    n = x
    k = int(x)
    try:
        try:
            y = x / (k - 3)
        finally:
            n = n + x
    except ZeroDivisionError:
        y = 1.0
    return y * n


def divided_or_stored(x: Any, a: Any, k: Any) -> Any:
    try:
        y = x / (k - 3)
    finally:
        a[0] = a[0] + x
    return y


def operation_past_a_finally_of_a_callee(x: Any) -> Any:
    a = np.ones(2) * x
    try:
        y = divided_or_stored(x, a, int(x))
    except ZeroDivisionError:
        y = 1.0
    return y * np.sum(a)


def operation_past_a_finally_that_prints(x: Any) -> Any:
    k = int(x)
    try:
        try:
            y = x / (k - 3)
        finally:
            print("f")
    except ZeroDivisionError:
        y = x
    return y * x


def narrower_handler_around(x: Any) -> Any:
    k = int(x)
    try:
        try:
            try:
                y = x / (k - 3)
            except ArithmeticError:
                raise
        except ZeroDivisionError:
            y = 5.0 * x
    except ArithmeticError:
        y = 7.0
    return y * x


def context_of_a_local_generator(x: Any) -> Any:
    @contextlib.contextmanager
    def around(f: Any) -> Any:
        yield f * x
        print("x")

    with around(x) as v:
        y = v * x
    return y


def closing_an_object(x: Any) -> Any:
    c = Shifting(x)
    with contextlib.closing(c) as d:
        y = d.x * x
    return y * c.x


def context_of_contextlib_classes(x: Any) -> Any:
    with Idle():
        y = x * x
    return y


def raised_after_the_yield(x: Any) -> Any:
    y = x
    try:
        with checked_after(x) as v:
            y = v * x
    except ValueError:
        y = y * 5.0
    return y


def pairs(x: Any) -> Any:
    for k in range(3):
        try:
            v = check(x * k)
        except ValueError:
            v = x
        yield v


def generator_with_a_try(x: Any) -> Any:
    s = 0.0
    for v in pairs(x):
        s = s + v * x
    return s


@contextlib.contextmanager
def fallback(s: Any) -> Any:
    out = [s]
    try:
        yield out
    except np.linalg.LinAlgError:
        out[0] = out[0] * 2.0
    else:
        out[0] = out[0] * 3.0
    finally:
        out[0] = out[0] + 1.0


def factor_or_fallback(x: Any) -> Any:
    A = np.array([[x - 2.0, 0.1], [0.1, 1.0]])
    with fallback(x) as o:
        L = np.linalg.cholesky(A)
        o[0] = o[0] * L[1, 1]
    return o[0] * x


def contexts_in_nested_loops(x: Any) -> Any:
    s = x
    for i in range(3):
        with pardoned(s) as v:
            for j in range(3):
                s = s + v * 0.1
                if s > 8.0:
                    raise ValueError("b")
                if j == 1 and i == 1:
                    break
            if i == 2:
                continue
            s = s * 1.1
    return s


def of_contexts(x: Any, k: Any) -> Any:
    with scaled(x) as v:
        if k == 1:
            return v
        with pardoned(v) as w:
            if w > 5.0:
                raise ValueError("z")
            return w * w
    return x * 7.0


def contexts_in_a_callee(x: Any) -> Any:
    return of_contexts(x, 0) * of_contexts(x, 1) + of_contexts(x * x, 0)


def returned_from_a_context_in_a_while(x: Any) -> Any:
    s = x
    while s < 20.0:
        with scaled(s, 1.5) as v:
            if v > 12.0:
                return v * x
            s = v
    return s


@contextlib.contextmanager
def around_both(x: Any) -> Any:
    with scaled(x) as a, pardoned(a) as b:
        yield a + b


def contexts_in_a_context(x: Any) -> Any:
    y = x
    with around_both(x) as t:
        y = t * x
        y = check(x) * y
    return y + x


@contextlib.contextmanager
def yielding_either(x: Any) -> Any:
    if x > 2.0:
        yield x * 2.0
    else:
        yield x * 3.0


def yields_in_branches(x: Any) -> Any:
    with yielding_either(x) as v:
        if x < 1.5:
            return v
        y = v * v
    return y * x


@contextlib.contextmanager
def returning_early(x: Any) -> Any:
    try:
        yield x
    except ValueError:
        return
    x = x + 1.0
    print(x)


def return_in_a_generator_that_ends_an_exception(x: Any) -> Any:
    y = x
    with returning_early(x) as v:
        y = v * 5.0
        y = check(v)
    return y * x


@contextlib.contextmanager
def translating(x: Any) -> Any:
    try:
        yield
    except ValueError as e:
        raise Bad(x) from e


def exception_translated_by_a_context(x: Any) -> Any:
    try:
        with translating(x * x):
            y = check(x)
    except Bad as b:
        y = b.a * 2.0 + b.b
    return y


def operations_through_contexts_in_a_loop(x: Any) -> Any:
    s = 0.0
    for k in range(4):
        try:
            with scaled(x) as v:
                s = s + v / (k - 2)
        except ZeroDivisionError:
            s = s * x
            continue
        s = s * 1.1
    return s


def raised_by_functions_of_their_own(x: Any) -> Any:
    try:
        a = large(x * 0.1, 1.0)
        b = large(x * 0.2, 2.0)
        c = large(x * 0.3, 3.0)
    except ValueError:
        a = b = c = x
    return (a + b) * c


def repeated(x: Any, n: Any) -> Any:
    try:
        if n == 0:
            return check(x)
        y = repeated(x * 1.5, n - 1)
    except ValueError:
        y = x * 0.3
        if n > 1:
            raise
    return y * x


def raised_through_recursion(x: Any) -> Any:
    return repeated(x, 3)


def counted(x: Any) -> Any:
    for k in range(4):
        yield check(x * k)


def raised_by_a_generator(x: Any) -> Any:
    s = 0.0
    try:
        for v in counted(x):
            s = s + v
    except ValueError:
        s = s * x
    return s


def sizes_learnt_in_the_body(x: Any, w: Any) -> Any:
    try:
        y = np.sum(x * w)
    except ValueError:
        y = np.sum(x) * np.sum(w)
    return y * y


def product_that_does_not_fit(A: Any, w: Any) -> Any:
    try:
        y = np.sum(A @ w)
    except ValueError:
        y = np.sum(A, axis=0)
        y = np.sum(y * y) * np.sum(w)
    return y


def object_where_it_was_raised(x: Any) -> Any:
    s = Scale(x)

    def go(s: Any) -> Any:
        s.scale = s.scale * 2.0
        check(s.scale)
        s.scale = s.scale + 1.0
        return s.scale

    try:
        y = go(s)
    except ValueError:
        y = s.scale * x
    return y


def several_handlers_with_attributes(x: Any) -> Any:
    try:
        if x > 5.0:
            raise Bad(x, 3.0)
        if x > 2.0:
            raise Rejected(x * x)
        y = x * x
    except Rejected as e:
        y = e.err * 3.0
    except Bad as e:
        y = e.a * 2.0 + e.b
    return y


def exception_kept(x: Any) -> Any:
    err = None
    y = x
    for _ in range(3):
        try:
            y = y * check(y)
        except ValueError as e:
            err = e
            break
    if err is not None:
        return y * 2.0
    return y


def popped_until_empty(x: Any) -> Any:
    xs = [x, x * 2.0]
    s = 1.0
    while True:
        try:
            s = s * xs.pop()
        except IndexError:
            return s


def log_and_finally_in_a_loop(x: Any) -> Any:
    s = x
    for i in range(3):
        try:
            s = s + math.log(s - i)
        except ValueError:
            s = s + 2.0 * i
        finally:
            s = s * 1.1
    return s


def tuple_of_classes(x: Any) -> Any:
    k = float(np.asarray(x))
    try:
        y = x / (k - 3.0)
    except (TypeError, ZeroDivisionError):
        y = x
    return y * x


def raised_again_if_too_often(A: Any) -> Any:
    jitter = 0.01
    while True:
        try:
            L = np.linalg.cholesky(A + A.T + jitter * np.eye(2))
        except np.linalg.LinAlgError:
            jitter = jitter * 3.0
            if jitter > 1e6:
                raise
        else:
            return np.sum(L) * jitter


def finally_that_breaks_sometimes(x: Any) -> Any:
    s = x
    for _ in range(4):
        try:
            s = s * 1.3
            if s > 3.0:
                raise Bad(s)
            if s < 1.0:
                continue
            s = s * 1.01
        finally:
            s = s + 1.0
            if s > 2.9:
                break
    return s


def try_in_a_finally(x: Any) -> Any:
    s = [x]
    try:
        s[0] = s[0] * 2.0
        if x > 3.0:
            raise ValueError(x)
        s[0] = s[0] + 1.0
    finally:
        try:
            s[0] = s[0] * x
            if x > 2.0:
                raise Bad(s[0])
            s[0] = s[0] + x
        except Bad as error:
            s[0] = s[0] + error.a * 0.5
        finally:
            s[0] = s[0] * 3.0
            print(end="")
    return s[0]


def finally_with_a_try_in_a_callee(x: Any) -> Any:
    try:
        y = try_in_a_finally(x)
    except ValueError as error:
        y = error.args[0] * x
    return y


def squared_unless_large(x: Any) -> Any:
    try:
        if x > 2.0:
            raise Bad(x * x, 2.0 * x)
        return x
    finally:
        x = x * 2.0


def raised_in_either_factor(x: Any) -> Any:
    try:
        return squared_unless_large(x) * squared_unless_large(x * 2.0)
    except Bad as error:
        return error.a + error.b * x


def class_of_an_int(x: Any, n: Any) -> Any:
    return x**n if isinstance(n, int) else -x


def type_of_an_int(x: Any, n: Any) -> Any:
    return x**n if type(n) is int else -x


def text_that_is_no_number(x: Any) -> Any:
    total = 0.0
    for text in ["1.5", "none", "2"]:
        try:
            v = float(text)
        except ValueError:
            v = x[0] * x[0]
        total += v * x[1]
    return total


NUMBERS = [(1.3,), (3.1,), (7.3,)]
MATRICES = [(A,), (INDEFINITE,)]
OTHERS: list[tuple[Any, tuple[Any, ...]]] = [
    (adaptive_steps, (1.0, 0.19)),
    (adaptive_steps, (1.0, 1.5)),
    (rebound_in_the_body, (A,)),
    (asked_and_dropped, (A,)),
    (asked_and_dropped, (np.array([[-1.0, 0.0], [0.0, 2.0]]),)),
    *((f, args) for args in MATRICES for f in (
        cholesky_or_not, jitter_until_definite, returned_from_nested_attempts,
        raised_again_if_too_often,
    )),
    *((raised_through_recursion, (x,)) for x in (0.3, 0.6, 1.5, 2.2)),
    *((raised_by_a_generator, (x,)) for x in (0.3, 0.6, 3.0)),
    (sizes_learnt_in_the_body, (np.ones(3), np.arange(3.0))),
    (sizes_learnt_in_the_body, (np.ones(3) * 1.5, np.arange(1.0, 3.0))),
    (sizes_learnt_in_the_body, (np.ones(1) * 1.5, np.arange(1.0, 3.0))),
    *((product_that_does_not_fit, (A, w)) for w in (np.arange(2.0), np.arange(3.0), np.ones(1))),
    (raised_again_by_a_handler, (1.3,)),
    (raised_again_by_a_handler, (3.1,)),
]  # fmt: skip


def returned_before_a_final_change(x: Any) -> Any:
    y = x * 1.0
    try:
        np.tanh(y)
        if y < 0.52:
            return y
    finally:
        y *= np.tanh(y)
    return y * x


def item_stored_after_it_raised(x: Any) -> Any:
    items, scale = [x, x * x], 1.0
    try:
        y = math.log(x - 1.0)
        items[0] = items[0] * y
    except ValueError:
        scale = 2.0
    return scale * items[0] + sum(items)


def item_of_a_dict_kept(x: Any) -> Any:
    d = {"a": x}
    try:
        d["a"] = math.log(x - 1.0) * x
    except ValueError:
        pass
    return d["a"] * x


def element_kept(x: Any) -> Any:
    a = np.array([x, x * x])
    with contextlib.suppress(ValueError):
        y = math.log(x - 1.0)
        a[0] = a[0] * y
    return np.sum(a) * a[0]


def appended_or_not(x: Any) -> Any:
    items = [x]
    with contextlib.suppress(ValueError):
        items.append(math.log(x - 1.0))
    return sum(items) * x


def popped_before_it_raised(x: Any) -> Any:
    items, z = [x, x * x], 1.0
    for _ in range(2):
        try:
            if x > 1.0:
                z = items.pop() * items.pop() * items.pop()
        except IndexError:
            z = z + 1.0
    return z * x + sum(items)


def gain_with_a_final_note(x: Any) -> Any:
    notes = []
    try:
        root = np.linalg.cholesky((x - 1.0) * np.eye(2))
        gain = np.sum(root) * x
    except np.linalg.LinAlgError:
        gain = 0.1 * x
    finally:
        notes.append(x)
    return gain * x + notes[0]


PROGRAMS: list[tuple[Any, tuple[Any, ...]]] = [
    *((f, args) for args in NUMBERS for f in (
        raised_in_a_callee, raised_here, raised_in_two_places, left_by_break_in_a_handler,
        tried_until_it_holds, returned_from_the_body, raised_in_a_loop_of_a_callee,
        assertion_caught, state_where_it_was_raised, sqrt_of_a_negative_number,
        division_by_zero, division_by_zero_in_a_loop, index_of_a_list, several_handlers,
        loop_in_a_try_in_a_loop, all_ways_out_of_a_body, finally_after_a_handler,
        finally_after_a_return, finally_that_prints, finally_after_continue_and_break,
        finally_that_returns, finally_after_an_operation, finally_before_an_outer_handler,
        suppressed, lock_in_a_loop, null_context, raised_inside_a_lock,
        name_assigned_before, name_assigned_after, stored_before, appended_before,
        raised_in_a_comprehension, raised_in_a_conditional_expression,
        raised_in_a_condition, attributes_of_an_exception, nonlocal_where_it_was_raised,
        raised_through_an_inner_try, raised_in_an_else, bare_except, index_of_an_array,
        key_of_a_dict, raised_in_the_condition_of_a_loop, array_stored_by_a_handler,
        sizes_that_do_not_agree, raised_by_a_handler, else_of_a_loop,
        states_where_it_was_raised, returned_from_a_handler,
        generator_context, return_in_a_generator_context, exception_ended_by_a_generator,
        two_contexts_in_one_statement, continue_and_break_in_a_generator_context,
        operation_through_a_generator_context, context_of_a_method, exception_ended_by_exit,
        operation_ended_by_exit, exit_that_looks, operation_past_an_exit,
        operation_past_a_finally, operation_past_a_finally_of_a_callee,
        operation_past_a_finally_that_prints, narrower_handler_around,
        context_of_a_local_generator, closing_an_object, context_of_contextlib_classes,
        raised_after_the_yield, generator_with_a_try,
        factor_or_fallback,
        contexts_in_nested_loops,
        contexts_in_a_callee,
        returned_from_a_context_in_a_while,
        contexts_in_a_context,
        yields_in_branches,
        return_in_a_generator_that_ends_an_exception,
        exception_translated_by_a_context,
        operations_through_contexts_in_a_loop,
        raised_by_functions_of_their_own, object_where_it_was_raised, exception_kept,
        several_handlers_with_attributes, popped_until_empty, log_and_finally_in_a_loop,
        tuple_of_classes, context_of_a_class, raised_inside_a_context_of_a_class,
        floating_point_error, finally_with_a_try_in_a_callee,
        raised_in_either_factor,
    )),
    (raised_in_either_factor, (0.7,)),
    (class_of_an_int, (1.3, 3)),
    (type_of_an_int, (1.3, 3)),
    *((finally_that_breaks_sometimes, (x,)) for x in (0.3, 0.7, 1.3, 1.7, 2.2, 3.3)),
    *OTHERS,
    (text_that_is_no_number, (np.array([0.5, 1.25]),)),
    (returned_before_a_final_change, (0.3,)),
    (returned_before_a_final_change, (0.8,)),
    *((f, (v,)) for v in (0.75, 1.7) for f in (
        item_stored_after_it_raised, item_of_a_dict_kept, element_kept, appended_or_not,
    )),
    (gain_with_a_final_note, (0.75,)),
    (gain_with_a_final_note, (1.7,)),
]  # fmt: skip


# Programs, arguments, and the exception that the primal and its derivatives raise.


def nobody_catches(x: Any) -> Any:
    try:
        y = check(x)
    except KeyError:
        y = 0.0
    return y


def raised_from_another(x: Any) -> Any:
    try:
        y = check(x)
    except ValueError as error:
        raise RuntimeError(f"no: {error}") from error
    return y


def raised_again_bare(x: Any) -> Any:
    try:
        y = math.sqrt(-x)
    except ValueError:
        print("cannot")
        raise
    return y


def raised_in_the_handler(x: Any) -> Any:
    try:
        y = check(x)
    except ValueError:
        y = math.sqrt(-x)
    return y


def assertion_with_a_message(x: Any) -> Any:
    assert x < 2.0, f"x is {x}"
    return x * x


def not_definite(A: Any) -> Any:
    try:
        L = np.linalg.cholesky(A - 5.0 * np.eye(2))
    except KeyError:
        L = A
    return np.sum(L)


def item_that_is_not_there(x: Any) -> Any:
    known = [x * x]
    if x > 2:
        return known[1]
    return known[0]


PROGRAMS += [(item_that_is_not_there, (1.3,))]
RAISING: list[tuple[Any, tuple[Any, ...]]] = [
    *((f, (3.1,)) for f in (
        nobody_catches, raised_from_another, raised_again_bare, raised_in_the_handler,
        assertion_with_a_message,
    )),
    (raised_again_by_a_handler, (7.3,)),
    (finally_without_handler, (1.3,)),
    (not_definite, (A,)),
    (item_that_is_not_there, (3.1,)),
]  # fmt: skip


def singular(A: Any) -> Any:
    try:
        log = np.linalg.slogdet(A)[1]
    except np.linalg.LinAlgError:
        log = 7.0
    return np.exp(log)


# Programs that are refused, and why.


def name_perhaps_assigned(x: Any) -> Any:
    y = 1.0
    try:
        z = math.sqrt(x - 2.0)
        y = x * 3.0
        z = z + math.sqrt(x - 5.0)
    except ValueError:
        return y * x
    return y * z


def array_perhaps_stored(x: Any) -> Any:
    y = np.zeros(3)
    try:
        a = math.sqrt(x - 2.0)
        y[0] = x * 2.0
        b = math.sqrt(x - 4.0)
    except ValueError:
        a = b = 1.0
    return np.sum(y * y) * a * b * x


def list_perhaps_longer(x: Any) -> Any:
    xs = [x]
    try:
        a = math.sqrt(x - 2.0)
        xs.append(a)
        xs.append(math.sqrt(x - 4.0))
    except ValueError:
        a = 1.0
    return sum(xs) * a


def exceptions_of_two_classes(x: Any) -> Any:
    try:
        if x > 5.0:
            raise KeyError(x)
        if x > 2.0:
            raise ValueError(x * x)
        y = x
    except (ValueError, KeyError) as error:
        y = error.args[0]
    return y


def argument_of_what_an_operation_raised(x: Any) -> Any:
    try:
        y = math.sqrt(x - 2.0)
        if y > 1.0:
            raise ValueError(y * x)
    except ValueError as error:
        y = error.args[0]
    return y


def operation_and_isinstance(x: Any) -> Any:
    y = x
    with Ends(x):
        y = x / (x - 3.0)
    return y


def operation_and_its_class(x: Any) -> Any:
    with Compares():
        x = x / (x - 3.0)
    return x


class Compares:
    def __enter__(self) -> None:
        pass

    def __exit__(self, kind: Any, error: Any, trace: Any) -> Any:
        return kind is ValueError


class Traces(Compares):
    def __exit__(self, kind: Any, error: Any, trace: Any) -> Any:
        return trace is not None


def traceback_read(x: Any) -> Any:
    with Traces():
        x = check(x)
    return x


def context_stack(x: Any) -> Any:
    with contextlib.ExitStack():
        y = x * x
    return y


@contextlib.contextmanager
def perhaps(x: Any) -> Any:
    if x > 2.0:
        yield x


def context_without_a_yield(x: Any) -> Any:
    with perhaps(x):
        y = x
    return y


@contextlib.contextmanager
def twice() -> Any:
    yield 1.0
    yield 2.0


def context_that_yields_twice(x: Any) -> Any:
    with twice():
        x = x * x
    return x


@contextlib.contextmanager
def looping() -> Any:
    while True:
        yield
        break


def context_that_yields_in_a_loop(x: Any) -> Any:
    with looping():
        x = x * x
    return x


@contextlib.contextmanager
def computed() -> Any:
    print((yield 1.0))


def context_that_yields_in_an_expression(x: Any) -> Any:
    with computed():
        x = x * x
    return x


@contextlib.contextmanager
def nothing() -> Any:
    return None


def context_of_no_generator(x: Any) -> Any:
    with nothing():
        x = x * x
    return x


@contextlib.contextmanager
def begun_in_a_try(k: Any) -> Any:
    try:
        a = 1.0 / k
        yield a
    except ZeroDivisionError:
        pass


def context_perhaps_begun(x: Any) -> Any:
    with begun_in_a_try(x - 3.0) as v:
        x = x / v
    return x


def yields_inside(x: Any) -> Any:
    with contextlib.suppress(ValueError):
        yield x


def loop_inside_a_context(x: Any) -> Any:
    for v in yields_inside(x):
        x = check(v)
    return x


def bare_raise_outside_a_handler(x: Any) -> Any:
    if x > 1.0:
        raise
    return x


def stored_after_some_returns(x: Any) -> Any:
    y = np.array([x, x * x])
    try:
        if x > 1.0:
            return y
        y = y + 1.0
    finally:
        y *= 3.0
    return y


def appended_after_some_returns(x: Any) -> Any:
    xs = [x, x * x]
    try:
        if x > 1.0:
            return xs
        xs = [x]
    finally:
        xs.append(x * 3.0)
    return xs


REFUSED: list[tuple[Any, str]] = [
    (stored_after_some_returns, "changed in place where a block ends that may have returned it"),
    (appended_after_some_returns, "changed in place where a block ends that may have returned it"),
    (name_perhaps_assigned, "'y' is changed in a try"),
    (array_perhaps_stored, "y is changed in a try"),
    (list_perhaps_longer, "xs is changed in a try"),
    (popped_before_it_raised, "items is changed in a try"),
    (exceptions_of_two_classes, "the exception is an object of class KeyError on one"),
    (argument_of_what_an_operation_raised, "of an exception that an operation may have raised"),
    (operation_and_isinstance, "isinstance needs the type"),
    (operation_and_its_class, "the class of an exception that an operation may have raised"),
    (traceback_read, "the traceback of an exception is read"),
    (context_stack, "ExitStack is not supported"),
    (context_without_a_yield, "a context that ends without a yield on some path"),
    (context_that_yields_twice, "a context that yields more than once"),
    (context_that_yields_in_a_loop, "a context that yields in a loop"),
    (context_that_yields_in_an_expression, "a yield inside an expression"),
    (context_of_no_generator, "contextmanager of a function without yield"),
    (context_perhaps_begun, "it is not known how far this context was"),
    (loop_inside_a_context, "a yield inside a context that looks at exceptions"),
    (bare_raise_outside_a_handler, "a bare raise outside a handler"),
]


def final_return_or_not(x: Any) -> Any:
    try:
        if x > 1.0:
            return x * x
    finally:
        if x > 2.0:
            return x * 3.0
    return x


def final_return_of_lists(x: Any) -> Any:
    def f(v: Any) -> Any:
        try:
            if v > 1.0:
                return [v * v, v]
        finally:
            if v > 2.0:
                return [v, 1.0]
        return [v * 3, v]

    return f(x)[0] * f(x * 0.7)[1]


def final_return_around_a_raise(x: Any) -> Any:
    try:
        try:
            if x > 2.0:
                raise ValueError
            return x * 2.0
        finally:
            if x < 1.0:
                return x * x
    except ValueError:
        return x**3


def item_of_an_empty_list(x: Any) -> Any:
    t, log = x, []
    try:
        try:
            if x > 1.0:
                t = log[0]
            t = t * x
        finally:
            log.append(t)
            t = t + 1
    except IndexError:
        t = t * t
    return t + sum(log)


def none_in_arithmetic(x: Any) -> Any:
    r = None
    if x > 1.0:
        r = x
    try:
        return r * x
    except TypeError:
        return x + 2.0


PROGRAMS += [
    (f, (v,))
    for f in (
        final_return_or_not,
        final_return_of_lists,
        final_return_around_a_raise,
        item_of_an_empty_list,
        none_in_arithmetic,
    )
    for v in (0.7, 1.3, 2.5)
]


def none_compared(x: Any) -> Any:
    m = None
    if x > 1.0 or m < 0.5:
        return x * x
    return x


def none_compared_in_a_try(x: Any) -> Any:
    m = None
    try:
        return x if m < 0.5 else x * x
    except TypeError:
        return x**3


def raised_by_a_call(x: Any) -> Any:
    def f(z: Any) -> Any:
        raise ValueError(z)

    for _ in range(int(x)):
        t = x
    f(1.5)
    return t


PROGRAMS += [(none_compared, (1.3,)), (none_compared_in_a_try, (1.3,))]
RAISING += [(none_compared, (0.5,)), (raised_by_a_call, (1.3,))]


def range_of_none(x: Any) -> Any:
    m = None
    if x > 1.0:
        m = 2
    s = x
    try:
        for _ in range(m):
            s = s * x
    except TypeError:
        s = x * 3.0
    return s


PROGRAMS += [(range_of_none, (0.7,)), (range_of_none, (1.3,))]
