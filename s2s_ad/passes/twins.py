"""Two `if`s in a row that ask the same become one."""

from __future__ import annotations

from s2s_ad.ir.core import Block, Function, Op, Value, captured, replace, rewrite


def merge_twins(function: Function) -> Function:
    """Merge neighbours in derivative code, in place: what the second reads of the first it reads in
    the branch.

    >>> import s2s_ad.ops
    >>> from s2s_ad.ir.parser import parse_function
    >>> from s2s_ad.ir.printer import print_function
    >>> before = '''
    ... func f(%x: float, %c: bool):
    ...   %a: float = if %c:
    ...     %b: float = multiply %x, 2.0
    ...     yield %b
    ...   else:
    ...     yield 0.0
    ...   %d: float = if %c:
    ...     yield %a
    ...   else:
    ...     %e: float = add %a, %x
    ...     yield %e
    ...   return %d
    ... '''
    >>> print(print_function(merge_twins(parse_function(before, role="adjoint"))), end="")
    func f(%x: float, %c: bool):
      %a: float, %d: float = if %c:
        %b: float = multiply %x, 2.0
        yield %b, %b
      else:
        %e: float = add 0.0, %x
        yield 0.0, %e
      return %d
    """
    _block(function.block)
    return function


def _block(block: Block) -> None:
    ops: list[Op] = []
    for op in block.ops:
        for b in op.blocks:
            _block(b)
        at = _twin(ops, op)
        if at is None:
            ops.append(op)
        elif op.role == "primal":
            ops.append(_merge(ops.pop(at), op, op))
        else:
            ops[at] = _merge(ops[at], op, ops[at])
    block.ops = ops


def _twin(before: list[Op], op: Op) -> int | None:
    """The place of an earlier `if` on the same value; what stands between is not read."""
    if op.prim.name != "if" or type(op.args[0]) is not Value:
        return None
    read = captured(op.blocks)
    for at in range(len(before) - 1, -1, -1):
        first = before[at]
        if first.prim is op.prim and first.args[0] is op.args[0] and first.role != "primal":
            # The tangents of a `try` go into the branches of what follows it.
            fits = first.role == "tangent" if op.role == "primal" else "status" not in op.kwargs
            return at if fits and "status" not in first.kwargs else None
        if op.role == "primal":
            return None
        if first.blocks or first.prim.effect or any(r in read for r in first.results):
            return None
        if first.prim.name in ("push", "pop", "add_at", "set_at", "accumulate"):
            return None
    return None


def _merge(first: Op, second: Op, stays: Op) -> Op:
    results = first.results + second.results
    for a, b in zip(first.blocks, second.blocks):
        mapping = dict(zip(first.results, a.yields))
        for op in b.ops:
            rewrite(op, mapping)
        ops, yields = a.ops + b.ops, [*a.yields, *replace(b.yields, mapping)]
        kept = a if stays is first else b
        kept.ops, kept.yields = ops, yields
    for r in results:
        r.owner = stays
    stays.results = results
    return stays
