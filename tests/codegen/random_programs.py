"""Random functions in SSA, for comparing emitted text with the interpreter. They mean nothing;
they are made to be hard to take out of SSA: names that clash, swaps, views that are read after an
overwrite, early exits, tapes."""

from __future__ import annotations

import random
from typing import Any

from s2s_ad.ir.build import building, emit, knowing
from s2s_ad.ir.core import Block, Function, Parameter, Statement, Value
from s2s_ad.ir.types import FLOAT, INT, array
from s2s_ad.ops.buffers import ACCUMULATE, ADD_AT, SET_AT
from s2s_ad.ops.structure import FOR, IF, WHILE
from s2s_ad.ops.tapes import NEW_STACK, POP, PUSH

NAMES = ["x", "y", "z", "x_bar", "", "", ""]
ARRAY = array("f8", 4)


class Maker:
    def __init__(self, seed: int) -> None:
        self.rng = random.Random(seed)
        self.order = 0
        self.budget = 40

    def function(self) -> Function:
        block = Block()
        f = Function("f", block, [Parameter(n) for n in ("x", "y", "a", "b")])
        scope: dict[Any, list[Any]] = {FLOAT: [], ARRAY: [], INT: []}
        for name, t in (("x", FLOAT), ("y", FLOAT), ("a", ARRAY), ("b", ARRAY)):
            scope[t].append(block.add_param(t, name, True))
        with knowing(f.facts), building(block):
            # Buffers may be updated: they start as something fresh.
            for _ in range(2):
                v = emit("multiply", self.rng.choice(scope[ARRAY]), 2.0)
                self.name(v)
                scope[ARRAY].append(v)
            self.block(block, scope, 0)
            out = [self.pick(scope, FLOAT), self.pick(scope, ARRAY), self.pick(scope, ARRAY)]
            out = [o if type(o) is Value else emit("multiply", o, 1.0) for o in out]
            block.yields = [out[0]] + [emit("multiply", o, 1.0) for o in out[1:]]
        f.returns = (0, (1, 2))
        return f

    def name(self, v: Value) -> Value:
        v.hint = self.rng.choice(NAMES)
        v.named = bool(v.hint) and self.rng.random() < 0.5
        return v

    def pick(self, scope: Any, t: Any) -> Any:
        pool = scope[t]
        if t is FLOAT and self.rng.random() < 0.15:
            return self.rng.choice([0.5, -1.25, 0.0])
        recent = pool[-4:] if self.rng.random() < 0.6 else pool
        return self.rng.choice(recent)

    def condition(self, scope: Any) -> Value:
        x = emit("multiply", self.pick(scope, FLOAT), 1.0)
        return emit("less", x, self.rng.choice([0.1, 0.7, -0.3]))

    def index(self, scope: Any) -> Any:
        rng = self.rng
        choices: list[Any] = [0, 2, -1, slice(1, 3), slice(None, None, 2)]
        if scope[INT]:
            choices.append(rng.choice(scope[INT]))
        return rng.choice(choices)

    def block(self, block: Block, scope: Any, depth: int) -> None:
        for _ in range(self.rng.randint(2, 7)):
            if self.budget <= 0:
                return
            self.budget -= 1
            self.order += 1
            role = "primal" if self.rng.random() < 0.5 else "adjoint"
            statement = Statement(f"statement {self.order}", None, self.order)
            before = len(block.ops)
            with building(block, statement):  # as primal: nothing is simplified
                self.operation(scope, depth)
            for op in block.ops[before:]:
                op.role = role

    def operation(self, scope: Any, depth: int) -> None:
        rng = self.rng
        kind = rng.choice(
            ["scalar", "scalar", "array", "array", "update", "update", "view", "read", "if",
             "for", "while", "expression"]
        )  # fmt: skip
        if depth >= 3 and kind in ("if", "for", "while"):
            kind = "scalar"
        if kind == "scalar":
            prim = rng.choice(["add", "multiply", "subtract", "half"])
            args = [self.pick(scope, FLOAT) for _ in range(1 if prim == "half" else 2)]
            if prim == "half":
                v = emit("multiply", args[0], 0.5)
            else:
                v = emit(prim, *args)
            scope[FLOAT].append(self.name(v))
        elif kind == "array":
            prim = rng.choice(["add", "multiply", "subtract"])
            v = emit(prim, self.pick(scope, ARRAY), self.pick(scope, rng.choice([FLOAT, ARRAY])))
            scope[ARRAY].append(self.name(v))
        elif kind == "view":
            v = emit("getitem", self.pick(scope, ARRAY), slice(None, None, -1), types=[ARRAY])
            scope[ARRAY].append(self.name(v))
        elif kind == "read":
            i = rng.choice([0, 2, -1, *scope[INT]])
            v = emit("getitem", self.pick(scope, ARRAY), i, types=[FLOAT])
            v = emit("multiply", v, 0.25, types=[FLOAT])
            scope[FLOAT].append(self.name(v))
        elif kind == "update":
            x = self.pick(scope, ARRAY)
            which = rng.choice([ACCUMULATE, ADD_AT, SET_AT])
            if which is ACCUMULATE:
                v = emit(which, x, self.pick(scope, rng.choice([FLOAT, ARRAY])))
            else:
                v = emit(which, x, self.index(scope), self.pick(scope, FLOAT))
            v.hint = x.hint if rng.random() < 0.7 else rng.choice(NAMES)
            scope[ARRAY].append(v)
        elif kind == "expression":
            c = self.condition(scope)
            a, b = self.pick(scope, FLOAT), self.pick(scope, FLOAT)
            then, orelse = Block(), Block()
            with building(then):
                then.yields = [emit("multiply", a, 2.0)]
            orelse.yields = [b]
            v = emit(IF, c, blocks=[then, orelse], types=[FLOAT])
            scope[FLOAT].append(self.name(v))
        elif kind == "if":
            self.branches(scope, depth)
        elif kind == "for":
            self.loop(scope, depth)
        else:
            self.repeat(scope, depth)

    def copy(self, scope: Any) -> Any:
        return {t: list(vs) for t, vs in scope.items()}

    def carried(self, scope: Any) -> tuple[list[Any], list[Any]]:
        types = [self.rng.choice([FLOAT, FLOAT, ARRAY]) for _ in range(self.rng.randint(1, 4))]
        return types, [self.pick(scope, t) for t in types]

    def results(self, out: Any, types: list[Any], scope: Any) -> None:
        out = out if isinstance(out, list) else [out]
        for v, t in zip(out, types):
            self.name(v)
            scope[t].append(v)

    def branches(self, scope: Any, depth: int) -> None:
        c = self.condition(scope)
        types, _ = self.carried(scope)
        blocks = []
        for _ in range(2):
            inner = self.copy(scope)
            b = Block()
            self.block(b, inner, depth + 1)
            b.yields = [self.pick(inner, t) for t in types]
            blocks.append(b)
        self.results(emit(IF, c, blocks=blocks, types=types), types, scope)

    def finish(self, body: Block, inner: Any, types: list[Any], stop: bool) -> None:
        """Yields: swaps are likely. With stop, an `if` at the end decides, or a status pair."""
        yields = [self.pick(inner, t) for t in types]
        if self.rng.random() < 0.3:
            yields = body.params[-len(types) :]
            yields = [self.rng.choice([p for p in yields if p.type == t]) for t in types]
        if not stop:
            body.yields = yields
            return
        with building(body, Statement("if exit", None, 0)):
            c = self.condition(inner)
            then, orelse = Block(), Block()
            early = [self.pick(inner, t) for t in types]
            if self.rng.random() < 0.5:
                then.yields = [*early, 1]
                orelse.yields = [*yields, 0]
                if self.rng.random() < 0.5:
                    then, orelse = orelse, then
                out = emit(IF, c, blocks=[then, orelse], types=[*types, INT])
            else:
                deep_then, deep_else = Block(), Block()
                deep_then.yields = [1]
                deep_else.yields = [0]
                with building(then):
                    c2 = self.condition(inner)
                    status = emit(IF, c2, blocks=[deep_then, deep_else], types=[INT], status=True)
                    then.yields = [status]
                orelse.yields = [0]
                status = emit(IF, c, blocks=[then, orelse], types=[INT], status=True)
                leave, stay = Block(), Block()
                leave.yields = [*early, self.rng.choice([0, 1])]
                deeper = self.copy(inner)
                self.block(stay, deeper, 9)
                stay.yields = [*[self.pick(deeper, t) for t in types], 0]
                out = emit(IF, status, blocks=[leave, stay], types=[*types, INT])
            body.yields = list(out)

    def loop(self, scope: Any, depth: int) -> None:
        types, inits = self.carried(scope)
        body = Block()
        inner = self.copy(scope)
        index = body.add_param(INT, self.rng.choice(["i", "j", ""]), False)
        inner[INT].append(index)
        taped = self.rng.random() < 0.4
        for t in types:
            inner[t].append(self.name(body.add_param(t)))
        stop = self.rng.random() < 0.4 and not taped
        self.block(body, inner, depth + 1)
        self.finish(body, inner, types, stop)
        tape = None
        if taped:
            tape = emit(NEW_STACK)
            tape.hint = "tape"
            s = body.add_param(tape.type, "tape")
            pushed_type = self.rng.choice([FLOAT, ARRAY])
            with building(body):
                v = self.rng.choice([w for w in inner[pushed_type] if type(w) is Value])
                s2 = emit(PUSH, s, v)
                s2.hint = "tape"
            body.yields.append(s2)
            inits.append(tape)
        n = self.rng.choice([0, 1, 3])
        span = self.rng.choice([(0, n, 1), (0, n, 1), (n - 1, -1, -1)])
        kwargs: dict[str, Any] = {"stop": True} if stop else {}
        if self.rng.random() < 0.3:
            kwargs["reversed"] = True
        all_types = [*types, *([body.params[-1].type] if taped else []), *([INT] if stop else [])]
        out = emit(FOR, *span, tuple(inits), blocks=[body], types=all_types, **kwargs)
        out = out if isinstance(out, list) else [out]
        self.results(out, types, scope)
        if stop and self.rng.random() < 0.5:
            scope[FLOAT].append(emit("multiply", out[-1], 1.5, types=[FLOAT]))
        if taped:
            self.unwind(scope, out[len(types)], n, pushed_type, depth)

    def unwind(self, scope: Any, tape: Value, n: int, t: Any, depth: int) -> None:
        tape.hint = "tape"
        types, inits = self.carried(scope)
        body = Block()
        inner = self.copy(scope)
        body.add_param(INT, "")
        for u in types:
            inner[u].append(self.name(body.add_param(u)))
        s = body.add_param(tape.type, "tape")
        with building(body):
            shorter, v = emit(POP, s)
            shorter.hint = "tape"
            v.type = t
            self.name(v)
        inner[t].append(v)
        self.block(body, inner, depth + 1)
        yields = [self.pick(inner, u) for u in types]
        body.yields = [*yields, shorter]
        length: Any = emit("stack_length", tape) if self.rng.random() < 0.7 else n
        out = emit(
            FOR, 0, length, 1, (*inits, tape), blocks=[body], types=[*types, tape.type],
            reversed=True,
        )  # fmt: skip
        self.results(out, types, scope)

    def repeat(self, scope: Any, depth: int) -> None:
        """A while with a counter, and sometimes with statements before its condition."""
        types, inits = self.carried(scope)
        before, after = Block(), Block()
        counter = before.add_param(INT, "n")
        again = after.add_param(INT, "n")
        first, inner = self.copy(scope), self.copy(scope)
        for t in types:
            hint = self.name(Value()).hint
            for b, s in ((before, first), (after, inner)):
                s[t].append(b.add_param(t, hint))
        inner[INT].append(again)
        passed = list(before.params[1:])
        if self.rng.random() < 0.4:
            self.block(before, first, depth + 1)
            passed = [self.pick(first, t) for t in types]
        with building(before):
            before.yields = [emit("less", counter, self.rng.choice([0, 2])), counter, *passed]
        self.block(after, inner, depth + 1)
        stop = self.rng.random() < 0.4
        with building(after):
            more = emit("add", again, 1)
            more.hint = "n"
        self.finish(after, inner, types, stop)
        after.yields.insert(0, more)
        out = emit(
            WHILE, (0, *inits), blocks=[before, after],
            types=[INT, *types, *([INT] if stop else [])], **({"stop": True} if stop else {}),
        )  # fmt: skip
        self.results(out[1:], types, scope)
