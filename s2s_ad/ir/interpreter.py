"""Running SSA directly: the reference that every pass is compared with."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any as Anything

import numpy as np

from s2s_ad.errors import InternalError
from s2s_ad.ir.core import UNDEFINED, Block, Function, Op, Undefined, Value, tree_map

Environment = dict[Value, Anything]


def interpret(function: Function, args: Sequence[Anything]) -> Anything:
    """Call a function: `args` are the parameters', then the hidden inputs'. The result has the
    structure of `function.returns`."""
    flat = run_block(function.block, args, {})
    for out in flat:
        if out is UNDEFINED:
            raise UnboundLocalError(f"{function.name} returns a variable that has no value")
    return tree_map(lambda i: flat[i] if type(i) is int else i, function.returns)


def run_block(block: Block, args: Sequence[Anything], env: Environment) -> list[Anything]:
    """Run a block on values for its parameters; `env` holds what it reads from outside, and is
    extended. Returns what the block yields."""
    if len(args) != len(block.params):
        raise InternalError(f"a block of {len(block.params)} parameters got {len(args)} values")
    env.update(zip(block.params, args))
    for op in block.ops:
        results = run_op(op, env)
        if len(results) != len(op.results):
            raise InternalError(
                f"{op.prim.name} gave {len(results)} results instead of {len(op.results)}",
                location=op.location,
            )
        env.update(zip(op.results, results))
    return [look(tree, env) for tree in block.yields]


def look(tree: Anything, env: Environment) -> Anything:
    """The operand with values looked up; names without a value pass as UNDEFINED."""
    return tree_map(lambda x: _value(x, env) if type(x) is Value else x, tree)


def _value(v: Value, env: Environment) -> Anything:
    if v not in env:
        raise InternalError(
            f"%{v.hint or 'v'} has no value here: a residual of a reverse sweep that has not been "
            "given a source, or a use before the definition"
        )
    return env[v]


def read(tree: Anything, env: Environment) -> Anything:
    """The operand for use: a name without a value is an error, as it is in the primal."""

    def leaf(x: Anything) -> Anything:
        found = _value(x, env) if type(x) is Value else x
        if type(found) is Undefined:
            hint = x.hint if type(x) is Value else ""
            raise UnboundLocalError(
                f"cannot access local variable {hint!r} where it is not associated with a value"
            )
        return found

    return tree_map(leaf, tree)


def run_op(op: Op, env: Environment) -> list[Anything]:
    """The results of one operation."""
    special = SPECIAL.get(op.prim.name)
    if special is not None:
        return special(op, env)
    out = op.prim.function(*read(op.args, env), **op.kwargs)
    if len(op.results) == 1 and not op.prim.container:
        return [out]
    return list(out) if op.results else []


def _if(op: Op, env: Environment) -> list[Anything]:
    condition = read(op.args[0], env)
    return run_block(op.blocks[0] if condition else op.blocks[1], [], env)


def _for(op: Op, env: Environment) -> list[Anything]:
    start, stop, step = read(op.args[:3], env)
    carried = list(look(op.inits, env))
    body = op.blocks[0]
    stops = bool(op.kwargs.get("stop"))
    ended: Anything = 0
    indices = range(start, stop, step)
    for index in reversed(indices) if op.kwargs.get("reversed") else indices:
        carried = run_block(body, [index, *carried], env)
        if stops:
            ended = carried.pop()
            if ended:
                break
    return [*carried, ended] if stops else carried


def _while(op: Op, env: Environment) -> list[Anything]:
    carried = list(look(op.inits, env))
    before, after = op.blocks
    stops = bool(op.kwargs.get("stop"))
    ended: Anything = 0
    while True:
        condition, *carried = run_block(before, carried, env)
        if condition is UNDEFINED:
            raise UnboundLocalError("the condition of a while has no value")
        if not condition:
            break
        carried = run_block(after, carried, env)
        if stops:
            ended = carried.pop()
            if ended:
                break
    return [*carried, ended] if stops else carried


def _call(op: Op, env: Environment) -> list[Anything]:
    callee = op.kwargs["callee"]
    return run_block(callee.block, read(op.args, env), {})


def _errstate(op: Op, env: Environment) -> list[Anything]:
    with np.errstate(**op.kwargs):
        return run_block(op.blocks[0], [], env)


def _with(op: Op, env: Environment) -> list[Anything]:
    with read(op.args[0], env) as value:
        return run_block(op.blocks[0], [value], env)


def _try(op: Op, env: Environment) -> list[Anything]:
    try:
        return run_block(op.blocks[0], [], env)
    except Exception as error:
        for k, classes in enumerate(op.kwargs["handlers"]):
            if isinstance(error, classes):
                return run_block(op.blocks[1], [k + 1, error], env)
        raise


SPECIAL = {
    "try": _try,
    "with": _with,
    "if": _if,
    "for": _for,
    "while": _while,
    "call": _call,
    "errstate": _errstate,
}
