"""np.einsum. The derivative in each operand is another einsum."""

from __future__ import annotations

import string
from typing import Any as Anything

import numpy as np

from s2s_ad.errors import UnsupportedError
from s2s_ad.ir.build import emit, facts, typeof
from s2s_ad.ir.core import Op, Value
from s2s_ad.ir.types import Num, Size
from s2s_ad.ops.arraytypes import array_of, dtype_keyword, reduced, strong_dtype
from s2s_ad.ops.fitting import cast, total, unbroadcast
from s2s_ad.ops.rules import Contributions, declare
from s2s_ad.ops.shaping import length


def parse(subscripts: Anything, ranks: list[int | None]) -> tuple[list[str], str]:
    """Inputs and output, one letter an axis. An ellipsis becomes letters of its own where the
    ranks of all operands that have one are known, and else stays."""
    if not isinstance(subscripts, str):
        raise UnsupportedError("np.einsum without a literal string", "write the string in the call")
    text = subscripts.replace(" ", "")
    left, arrow, output = text.partition("->")
    inputs = left.split(",")
    if not arrow:
        letters = [c for c in left if c.isalpha()]
        once = sorted(c for c in set(letters) if letters.count(c) == 1)
        output = ("..." if "..." in left else "") + "".join(once)
    if len(inputs) != len(ranks):
        raise UnsupportedError(
            f"np.einsum({subscripts!r}) of {len(ranks)} operands",
            f"the subscripts are for {len(inputs)}",
        )
    dotted = [r for s, r in zip(inputs, ranks) if "..." in s]
    if dotted and None not in dotted:
        spare = [c for c in string.ascii_letters if c not in text]
        counts = [0 if r is None else r - len(s.replace("...", "")) for s, r in zip(inputs, ranks)]
        most = max(c for s, c in zip(inputs, counts) if "..." in s)
        names = "".join(spare[:most])
        inputs = [s.replace("...", names[most - c :]) for s, c in zip(inputs, counts)]
        output = output.replace("...", names)
    return inputs, output


def _sizes(inputs: list[str], types: list[Num]) -> dict[str, Size] | None:
    """The size of each letter, or None where a rank is unknown."""
    sizes: dict[str, Size] = {}
    for s, t in zip(inputs, types):
        if t.shape is None or len(t.shape) != len(s):
            return None
        for c, n in zip(s, t.shape):
            sizes[c] = facts().broadcast(sizes[c], n) if c in sizes else n
    return sizes


def _einsum_type(subscripts: Anything, *operands: Anything, optimize: Anything = False) -> Num:
    types = [array_of(a) for a in operands]
    inputs, output = parse(subscripts, [t.rank for t in types])
    dtype = strong_dtype(types)
    if "..." in output:
        return Num("any", dtype, None)
    sizes = _sizes(inputs, types)
    if sizes is None:
        return reduced(dtype, (None,) * len(output))
    return reduced(dtype, tuple(sizes[c] for c in output))


class Einsum:
    """Linear in each operand; its transpose puts the cotangent in the operand's place.

    A letter that the operand alone has (it was summed, and nothing else has it) comes from a
    vector of ones; a letter it has twice (a diagonal) from an identity matrix.
    """

    def jvp(self, op: Op, dots: dict[Value, Anything]) -> list[Anything]:
        terms = []
        for k, x in enumerate(op.args):
            if k and type(x) is Value and x in dots:
                args = (*op.args[:k], dots[x], *op.args[k + 1 :])
                terms.append(emit(op.prim, *args, **op.kwargs))
        return [total(terms)]

    def vjp(self, op: Op, bars: list[Anything], active: set[Value]) -> Contributions:
        subscripts, *operands = op.args
        types = [array_of(typeof(x)) for x in operands]
        inputs, output = parse(subscripts, [t.rank for t in types])
        for k, x in enumerate(operands):
            if type(x) is Value and x in active:
                yield x, cast(self.wrt(k, op, bars[0], operands, types, inputs, output), x)

    def wrt(
        self,
        k: int,
        op: Op,
        g: Anything,
        operands: list[Anything],
        types: list[Num],
        inputs: list[str],
        output: str,
    ) -> Anything:
        own = inputs[k]
        if "..." in output and "..." not in own:
            raise UnsupportedError(
                "np.einsum with an ellipsis over arrays of unknown rank",
                "give the arrays a type, or name every axis",
            )
        given = [output, *(s for j, s in enumerate(inputs) if j != k)]
        arrays = [g, *(x for j, x in enumerate(operands) if j != k)]
        used = set("".join([*inputs, output]))
        spare = (c for c in string.ascii_letters if c not in used)
        target = ""
        dots = own.find("...")
        dtype = dtype_keyword(types[k])  # None: unknown, then ones of the operand's shape and dtype
        whole = ""
        for at, c in enumerate(own):
            axis = at - len(own) if 0 <= dots < at else at  # from the end, after an ellipsis
            if c in target and c != ".":
                fresh = next(spare)
                given.append(c + fresh)
                arrays.append(emit("eye", length(operands[k], axis), **(dtype or {})))
                target += fresh
                continue
            target += c
            if c != "." and own.count(c) == 1 and not self.sized(c, axis, k, types, inputs, output):
                if dtype is None:
                    whole = own
                    continue
                given.append(c)
                arrays.append(emit("ones", length(operands[k], axis), **dtype))
        if whole:
            given.append(whole)
            arrays.append(np.ones_like(operands[k]))
        adjoint = f"{','.join(given)}->{target}"
        if adjoint in (f"{target}->{target}", "->"):
            result = arrays[0]
        else:
            result = emit(op.prim, adjoint, *arrays, **op.kwargs)
        return unbroadcast(result, operands[k])

    def sized(
        self, c: str, axis: int, k: int, types: list[Num], inputs: list[str], output: str
    ) -> bool:
        """Whether the cotangent or another operand has this letter in its full size (einsum
        broadcasts sizes of 1)."""
        if c in output:
            return True
        mine = types[k].shape
        for j, s in enumerate(inputs):
            other = types[j].shape
            if j == k or c not in s or mine is None or other is None:
                continue
            if "." in s + inputs[k]:
                continue
            if facts().equal(mine[axis], other[s.index(c)]):
                return True
        return False


def _alias(op: Op) -> str:
    """Of one array without a sum, einsum gives a view."""
    operands = op.args[1:]
    if len(operands) > 1:
        return "fresh"
    t = typeof(operands[0])
    if isinstance(t, Num) and t.kind in ("py", "np"):
        return "fresh"
    inputs, output = parse(op.args[0], [array_of(t).rank])
    return "view" if set(inputs[0]) == set(output) else "fresh"


EINSUM = declare(np.einsum, _einsum_type, Einsum(), alias=_alias)
