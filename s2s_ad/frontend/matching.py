"""`match` as the `if` and `elif` that it stands for, before anything looks at it.

    match x:                          if isinstance(x, (list, tuple)) and len(x) == 2:
        case [a, b] if a > b:             a = x[0]; b = x[1]
            BODY                          if a > b: BODY
                                          else: <the other cases>
        case 1 | 2:                   elif x == 1 or x == 2:
            BODY                          BODY

The functions that tests need are constants of the tree, so that no user's name can hide them.
"""

from __future__ import annotations

import copy
from typing import Any as Anything

import gast


class Unmatched(Exception):
    """A pattern that is not supported."""

    def __init__(self, message: str, advice: str = "write it with if and elif") -> None:
        self.message, self.advice = message, advice


class Refused(gast.Pass):  # type: ignore[misc]
    """A statement that is refused where it is reached."""

    why: Unmatched


class Matching(gast.NodeTransformer):  # type: ignore[misc]
    """Replaces each `match` statement."""

    def __init__(self) -> None:
        self.count = 0

    def visit_Match(self, node: Anything) -> Anything:
        self.generic_visit(node)
        self.count += 1
        name = f" match {self.count}"  # no user can have it
        first = gast.Assign([_name(name, gast.Store())], node.subject, None)
        gast.copy_location(first, node)
        gast.copy_location(first.targets[0], node.subject)
        try:
            return [first, *cases(name, node.cases, node)]
        except Unmatched as why:
            out = gast.copy_location(Refused(), node)
            out.why, out.end_lineno, out.end_col_offset = why, node.lineno, None
            return out


def cases(subject: str, rest: list[Anything], match: Anything) -> list[Anything]:
    """The statements for cases that are tried in order."""
    if not rest:
        return []
    case, others = rest[0], rest[1:]
    tests: list[Anything] = []
    bound: list[tuple[str, Anything]] = []
    read(case.pattern, _name(subject, gast.Load()), tests, bound)
    captures = [
        gast.Assign([_name(name, gast.Store())], copy.deepcopy(x), None) for name, x in bound
    ]
    guard = case.guard
    if guard is not None and not captures:
        tests.append(guard)
        guard = None
    body = [*captures, *case.body]
    if guard is not None:
        again = copy.deepcopy(cases(subject, others, match))
        inner = gast.copy_location(gast.If(guard, case.body, again), guard)
        body = [*captures, inner]
    if not tests:
        return [_placed(x, case.pattern) for x in captures] + body[len(captures) :]
    test = tests[0] if len(tests) == 1 else gast.BoolOp(gast.And(), tests)
    out = gast.If(test, body, cases(subject, others, match))
    _placed(out.test, case.pattern)
    for x in captures:
        _placed(x, case.pattern)
    gast.copy_location(out, case.pattern)
    out.col_offset = max(0, case.pattern.col_offset - len("case "))
    return [out]


def read(pattern: Anything, x: Anything, tests: list[Anything], bound: list[Anything]) -> None:
    """Collect what a pattern asks of an expression, and what it binds."""
    if isinstance(pattern, gast.MatchValue):
        tests.append(gast.Compare(copy.deepcopy(x), [gast.Eq()], [pattern.value]))
    elif isinstance(pattern, gast.MatchSingleton):
        value = gast.Constant(pattern.value, None)
        tests.append(gast.Compare(copy.deepcopy(x), [gast.Is()], [value]))
    elif isinstance(pattern, gast.MatchAs):
        if pattern.pattern is not None:
            read(pattern.pattern, x, tests, bound)
        if pattern.name is not None:
            bound.append((pattern.name, x))
    elif isinstance(pattern, gast.MatchOr):
        _read_or(pattern, x, tests)
    elif isinstance(pattern, gast.MatchSequence):
        _read_sequence(pattern, x, tests, bound)
    elif isinstance(pattern, gast.MatchMapping):
        if pattern.rest is not None:
            raise Unmatched("`**rest` in a pattern is not supported", "read the keys")
        tests.append(_call(isinstance, x, gast.Constant(dict, None)))
        for key, inner in zip(pattern.keys, pattern.patterns):
            contained = gast.Compare(copy.deepcopy(key), [gast.In()], [copy.deepcopy(x)])
            tests.append(contained)
            read(inner, gast.Subscript(copy.deepcopy(x), key, gast.Load()), tests, bound)
    elif isinstance(pattern, gast.MatchClass):
        _read_class(pattern, x, tests, bound)
    else:
        raise Unmatched(
            f"the pattern {type(pattern).__name__} is not supported here", "use if and elif"
        )


def _read_or(pattern: Anything, x: Anything, tests: list[Anything]) -> None:
    alternatives = []
    for inner in pattern.patterns:
        own: list[Anything] = []
        names: list[Anything] = []
        read(inner, x, own, names)
        if names:
            raise Unmatched(
                "a pattern with `|` that binds names is not supported", "write a case for each"
            )
        if not own:
            return
        alternatives.append(own[0] if len(own) == 1 else gast.BoolOp(gast.And(), own))
    tests.append(gast.BoolOp(gast.Or(), alternatives))


def _read_sequence(
    pattern: Anything, x: Anything, tests: list[Anything], bound: list[Anything]
) -> None:
    count = len(pattern.patterns)
    stars = [k for k, p in enumerate(pattern.patterns) if isinstance(p, gast.MatchStar)]
    tests.append(_call(isinstance, x, gast.Constant((list, tuple), None)))
    operation = gast.GtE() if stars else gast.Eq()
    least = gast.Constant(count - len(stars), None)
    tests.append(gast.Compare(_call(len, x), [operation], [least]))
    for k, inner in enumerate(pattern.patterns):
        behind = bool(stars) and k > stars[0]
        if k in stars:
            if inner.name is not None:
                end = gast.Constant(k + 1 - count, None) if k + 1 < count else None
                part = gast.Slice(gast.Constant(k, None), end, None)
                taken = gast.Subscript(copy.deepcopy(x), part, gast.Load())
                bound.append((inner.name, _call(list, taken)))
            continue
        index = gast.Constant(k - count if behind else k, None)
        read(inner, gast.Subscript(copy.deepcopy(x), index, gast.Load()), tests, bound)


def _read_class(
    pattern: Anything, x: Anything, tests: list[Anything], bound: list[Anything]
) -> None:
    tests.append(_call(isinstance, x, pattern.cls))
    for k, inner in enumerate(pattern.patterns):
        index = gast.Constant(k, None)
        read(inner, _call(positional, x, pattern.cls, index), tests, bound)
    for name, inner in zip(pattern.kwd_attrs, pattern.kwd_patterns):
        read(inner, gast.Attribute(copy.deepcopy(x), name, gast.Load()), tests, bound)


def positional(x: Anything, cls: type, index: int) -> Anything:
    """What the `index`-th positional pattern of a class is matched with."""
    if index == 0 and cls in WHOLE:
        return x
    return getattr(x, cls.__match_args__[index])  # type: ignore[attr-defined]


# Classes whose one positional pattern is the object itself.
WHOLE = (bool, bytearray, bytes, dict, float, frozenset, int, list, set, str, tuple)


def _name(name: str, context: Anything) -> Anything:
    return gast.Name(name, context, None, None)


def _call(function: Anything, *args: Anything) -> Anything:
    return gast.Call(gast.Constant(function, None), [copy.deepcopy(a) for a in args], [])


def _placed(node: Anything, where: Anything) -> Anything:
    """A node without a place of its own stands where the pattern stands."""
    for n in gast.walk(node):
        if not hasattr(n, "lineno"):
            for name in ("lineno", "col_offset", "end_lineno", "end_col_offset"):
                setattr(n, name, getattr(where, name))
    return node
