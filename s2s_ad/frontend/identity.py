"""Whether two values of a function may be one object, or share memory."""

from __future__ import annotations

from typing import Any as Anything

from s2s_ad.frontend.bindings import Cell
from s2s_ad.frontend.context import Lowering
from s2s_ad.ir.core import Block, Op, Value, leaves
from s2s_ad.ir.types import Num, Opaque, Seq, Type

CHANGES = ("list_insert", "list_take", "list_join")  # of lists: what comes out may be what went in

HOLDS = ("call", "tuple", "list", "dict", "augmented")
FOREIGN = ("read", "getattr")  # objects that live outside the function


def may_be_array(t: Type) -> bool:
    """Whether a value of this type may be mutable."""
    if isinstance(t, Num):
        return t.kind in ("array", "any")
    return not isinstance(t, Opaque)


class Sharing:
    """Whether two values of a function may be the same object, or share memory."""

    def __init__(self, lowering: Lowering, block: Block) -> None:
        self.lowering = lowering
        self.homes: dict[Op, Block] = {}
        self.depths: dict[Block, int] = {}
        self.stored: dict[Value, Op] = {}  # the list into which an object was put
        self.index(block, 0)

    def index(self, block: Block, depth: int) -> None:
        self.depths[block] = depth
        for op in block.ops:
            self.homes[op] = block
            for b in op.blocks:
                self.index(b, depth + 1)

    def home(self, v: Value) -> Block | None:
        return self.homes.get(v.owner) if isinstance(v.owner, Op) else v.owner

    def depth(self, v: Value) -> int:
        block = self.home(v)
        return -1 if block is None else self.depths.get(block, -1)

    def inside(self, v: Value, block: Block) -> bool:
        """Whether v is defined in a block or in one nested in it."""
        home = self.home(v)
        while home is not None and home is not block:
            owner = home.owner
            home = self.homes.get(owner) if isinstance(owner, Op) else None
        return home is block

    def strip(self, v: Value) -> Value:
        """The object of which v is a version, or a view."""
        apart = (*FOREIGN, *HOLDS, *CHANGES)
        while True:
            owner = self.lowering.owners.get(v)
            if owner is not None and not isinstance(owner, Cell):
                v = owner
                continue
            op = v.owner
            if not isinstance(op, Op) or op.blocks or not op.args or op.prim.name in apart:
                return v
            x, name = op.args[0], op.prim.name
            if type(x) is not Value or name == "getitem" and not isinstance(x.type, Num):
                return v
            if name == "set_at" and not isinstance(x.type, Num):
                return v
            if name not in ("set_at", "add_at") and op.prim.aliasing(op) == "fresh":
                return v
            v = x

    def sources(self, v: Value) -> list[Anything] | None:
        """The bindings one of which v is, or which it holds; None for an object of its own."""
        owner = v.owner
        if isinstance(owner, Block):
            op = owner.owner
            if not isinstance(op, Op):
                return None
            if op.prim.name in ("try", "with"):
                return None
            k = owner.params.index(v)
            if op.prim.name == "for":
                return None if k == 0 else [op.inits[k - 1], owner.yields[k - 1]]
            before, after = op.blocks
            if owner is before:
                return [op.inits[k], after.yields[k]]
            return [before.yields[1 + k]]
        if not isinstance(owner, Op):
            return None
        name = owner.prim.name
        if owner.blocks:
            k = owner.results.index(v)
            if name in ("if", "errstate", "try", "with"):
                return [b.yields[k] for b in owner.blocks]
            if k >= len(owner.inits):
                return []
            if name == "for":
                return [owner.inits[k], owner.blocks[0].yields[k]]
            return [owner.blocks[0].yields[1 + k], owner.blocks[1].yields[k]]
        if self.holds(v):
            return list(leaves(owner.args))
        if name == "getitem":
            return self.item(owner)
        nested = name not in FOREIGN and owner.prim.aliasing(owner) != "fresh"
        return list(leaves(owner.args[:1])) if nested else None

    def holds(self, v: Value) -> bool:
        """Whether the sources of a value are what it holds."""
        op = v.owner
        if not isinstance(op, Op) or op.blocks:
            return False
        container = op.prim.name == "set_at" and not isinstance(v.type, Num)
        return container or op.prim.name in (*HOLDS, *CHANGES)

    def item(self, op: Op) -> list[Anything] | None:
        """What an item of a container may be; None where that is an object of its own."""
        x, key = op.args
        if type(x) is not Value:
            return list(leaves(x))
        if isinstance(x.type, Num):
            return None
        if isinstance(x.owner, Op) and x.owner.prim.name in ("tuple", "list", "dict"):
            inner = x.owner.args[0]
            if type(key) in (int, str):
                return list(leaves(inner[key]))
            return list(leaves(inner))
        if self.sources(x) is None and self.path(op.result)[1] is not None:
            return None
        return [x]

    def path(self, v: Value) -> tuple[Value, list[Anything] | None]:
        """The container or object in which v is an item or attribute, and the constant keys that
        lead to it."""
        keys: list[Anything] = []
        constant = True
        while isinstance(v.owner, Op) and v.owner.prim.name in ("getitem", "getattr"):
            x, key = (*v.owner.args, v.owner.kwargs.get("name"))[:2]
            if type(x) is not Value or isinstance(x.type, Num):
                break
            if v.owner.prim.name == "getattr" and not isinstance(x.type, Seq):
                break
            constant = constant and type(key) in (int, str)
            keys.insert(0, key)
            v = x
        return v, keys if constant else None

    def meet(self, a: Value, b: Value, assumed: set[frozenset[Value]] | None = None) -> bool:
        """Whether two values, readable at one moment, may share memory. Two values that a loop
        carries do not if they start apart and each iteration keeps them apart."""
        assumed = set() if assumed is None else assumed
        a, b = self.strip(a), self.strip(b)
        if not may_be_array(a.type) or not may_be_array(b.type):
            return False
        if a is b:
            return True
        pair = frozenset((a, b))
        if pair in assumed:
            return False
        assumed.add(pair)
        (x, keys), (y, others) = self.path(a), self.path(b)
        if x is y and self.sources(x) is None:
            if keys is None or others is None:
                return True
            return all(k == o for k, o in zip(keys, others))
        mine, theirs = self.sources(a), self.sources(b)
        if a.owner is b.owner and mine is not None and theirs is not None and self.carries(a):
            return any(self.either(p, q, assumed) for p, q in zip(mine, theirs))
        if mine is None and theirs is None:
            return False
        if self.older(a, b, theirs) or self.older(b, a, mine):
            return False
        first = theirs is None or mine is not None and self.depth(a) >= self.depth(b)
        x, inside, y, others = (a, mine, b, theirs) if first else (b, theirs, a, mine)
        pairs = [(p, y) for p in inside or []]
        if self.holds(x):  # an object itself, besides what is in it
            pairs += [(x, q) for q in others or []]
        return any(self.either(p, q, assumed) for p, q in pairs)

    def distinct(self, v: Anything, deep: bool, seen: set[Value] | None = None) -> bool:
        """Whether the items of a list are objects of their own, which stand nowhere else; if
        `deep`, also what they hold."""
        seen = set() if seen is None else seen
        if type(v) is not Value or v in seen:
            return True
        seen.add(v)
        op = v.owner
        if isinstance(op, Block) and not isinstance(op.owner, Op):
            return True  # an argument: a guard looks at its items
        if isinstance(op, Block) or op is not None and op.blocks:
            return all(self.distinct(x, deep, seen) for x in self.sources(v) or [])
        if op is None:
            return False
        name = op.prim.name
        if name == "list":
            items = [i for i in op.args[0] if type(i) is Value]
            return len(set(items)) == len(items) and all(self.own(i, op, deep) for i in items)
        if name == "list_insert" or name == "set_at" and (deep or type(op.args[1]) is not tuple):
            return self.distinct(op.args[0], deep, seen) and self.own(op.args[2], op, deep)
        if name in ("list_take", "set_at", "fresh_tree"):
            return self.distinct(op.args[0], deep, seen)
        return name == "list_repeat"

    def own(self, item: Anything, into: Op, deep: bool) -> bool:
        """Whether an item is made for the list: in the same iteration, and for no other place."""
        if type(item) is not Value or not may_be_array(item.type):
            return True
        level = self.lowering.single.get(item)
        if level is not None:
            return level > deep and (not deep or self.holds_own(item, into))
        v = self.strip(item)
        if v is not item or self.stored.setdefault(v, into) is not into:
            return False
        op = v.owner
        if not isinstance(op, Op) or self.homes.get(op) is not self.homes.get(into):
            return False
        if op.blocks or op.prim.name in (*FOREIGN, "call", "tuple", "dict", *CHANGES, "getitem"):
            return False
        if op.prim.name == "list":
            return self.distinct(v, deep)
        return op.prim.aliasing(op) == "fresh"

    def holds_own(self, v: Value, into: Op) -> bool:
        """Whether what an item of a list holds is made for it alone."""
        op = v.owner
        assert isinstance(op, Op)
        if op.prim.name in ("list", "tuple", "dict"):
            parts = [x for x in leaves(op.args) if may_be_array(x.type)]
            return len(set(parts)) == len(parts) and all(self.own(x, into, True) for x in parts)
        if op.prim.name == "getitem":
            return True  # what stood there
        if op.prim.name in ("list_insert", "set_at"):
            return self.holds_own(op.args[0], into) and self.own(op.args[2], op, True)
        return op.prim.name == "list_take" and self.holds_own(op.args[0], into)

    def steps(self, v: Value) -> int:
        """How many keys lead from a list to what stands in it."""
        count = 0
        while isinstance(v.owner, Op) and v.owner.prim.name == "getitem":
            x, key = v.owner.args
            if type(x) is not Value or isinstance(x.type, Num):
                break
            count += len(key) if type(key) is tuple else 1
            v = x
        return count

    def carries(self, v: Value) -> bool:
        return isinstance(v.owner, Block) or isinstance(v.owner, Op) and bool(v.owner.blocks)

    def either(self, p: Anything, q: Anything, assumed: set[frozenset[Value]]) -> bool:
        return type(p) is Value and type(q) is Value and self.meet(p, q, assumed)

    def older(self, a: Value, b: Value, made: list[Anything] | None) -> bool:
        """Whether a is what a loop carries into the iteration in which b is made."""
        if made is not None or not isinstance(a.owner, Block) or not isinstance(b.owner, Op):
            return False
        if b.owner.prim.name in (*FOREIGN, "getitem"):
            return False
        return isinstance(a.owner.owner, Op) and self.inside(b, a.owner)

    def origins(self, v: Value) -> dict[Value, None]:
        """The objects of which v may be one; of an item, the container."""
        return {self.path(x)[0]: None for x in self.objects(v)}

    def objects(self, v: Value) -> dict[Value, None]:
        """The objects of which v may be one."""
        out: dict[Value, None] = {}
        seen: set[Value] = set()
        todo = [v]
        while todo:
            x = self.strip(todo.pop())
            if x in seen:
                continue
            seen.add(x)
            found = self.sources(x)
            if found is None:
                out[x] = None
            else:
                todo.extend(s for s in found if type(s) is Value)
        return out

    def foreign(self, v: Value) -> bool:
        """Whether v may be an object that lives outside the function."""
        return any(
            isinstance(o.owner, Op) and o.owner.prim.name in FOREIGN and may_be_array(o.type)
            for o in self.origins(v)
        )
