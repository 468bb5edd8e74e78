"""Folding for the reader: temporaries that are used once go back into expressions.

An expression moves down to its use past pure operations, never past a write to a variable or a
buffer that it reads, never past an effect, never into a loop or out of one.
"""

from __future__ import annotations

from typing import Any as Anything

from s2s_ad.codegen.aliases import Aliases, immutable, is_update, moved
from s2s_ad.codegen.ends import is_flag
from s2s_ad.codegen.families import Families
from s2s_ad.codegen.headers import Header
from s2s_ad.codegen.program import Folding
from s2s_ad.codegen.readers import Readers
from s2s_ad.codegen.schedule import has_effect, writes_of
from s2s_ad.ir.core import Block, Function, Op, Value, leaves, walk
from s2s_ad.ir.types import Num, Stack
from s2s_ad.ops.buffers import ACCUMULATE
from s2s_ad.ops.structure import CALL, FOR, IF, READ, TRY, WHILE
from s2s_ad.ops.tapes import NEW_STACK, PACK, POP, PUSH

STATEMENTS = frozenset(
    {
        "push",
        "new_stack",
        "add_at",
        "set_at",
        "add_slot",
        "insert",
        "take",
        "name",
        "assert",
        "raise",
        "for",
        "while",
        "try",
        "restore",
    }
)
LIGHT = frozenset({"infix", "prefix", "getitem", "attribute", "read"})


def fold(
    function: Function,
    families: Families,
    aliases: Aliases,
    keep: set[Value],
    headers: dict[Op, Header],
) -> Folding:
    """Choose what is written inside larger expressions; `keep` stays as it is."""
    folder = Folder(function, families, aliases, keep, headers)
    folder.constants()
    folder.block(function.block)
    return folder.folding


class Folder:
    def __init__(
        self,
        function: Function,
        families: Families,
        aliases: Aliases,
        keep: set[Value],
        headers: dict[Op, Header],
    ) -> None:
        self.function = function
        self.families = families
        self.aliases = aliases
        self.keep = keep
        self.folding = Folding()
        self.sometimes: set[Op] = set()  # folded into a branch of a conditional expression
        self.repeated: set[Op] = set()  # folded operations that are written twice
        self.readers = Readers(function, headers)
        self.uses = self.readers.uses
        # The blocks inside a `try`, where it matters what raises first.
        self.guarded = {
            inner
            for op in walk(function.block) if op.prim is TRY
            for inner in (op.blocks[0], *(b for o in walk(op.blocks[0]) for b in o.blocks))
        }  # fmt: skip
        self.has_adjoint = any(op.role == "adjoint" for op in function.block.ops)

    def constants(self) -> None:
        """`np.pi` stands wherever it is read."""
        for op in walk(self.function.block):
            if op.prim is READ and op.kwargs["place"].constant and op.result not in self.keep:
                self.folding.values.add(op.result)

    # Conditional expressions ------------------------------------------------------------------

    def conditional(self, op: Op) -> bool:
        """Whether an `if` can be written as an expression."""
        if op.prim is not IF or len(op.results) != 1 or op.kwargs.get("status"):
            return False
        if op.result in self.keep or not self.uses.get(op.result):
            return False
        if self.readers.of_status(op.args[0]):  # it may be known on the path where this is written
            return False
        if op.statement is not None and op.statement.text.startswith(("if ", "elif ")):
            return False
        inner: list[Op] = []
        for b in op.blocks:
            if len(b.yields) != 1 or not isinstance(b.yields[0], (Value, int, float, bool, str)):
                return False
            for o in b.ops:
                if len(o.results) != 1 or o.result.hint or o.result in self.keep or is_update(o):
                    return False
                if o.prim is CALL and moved(o):
                    return False
                if o.prim is IF:
                    if not self.conditional(o):
                        return False
                elif o.blocks or o.prim.effect or o.prim.syntax in STATEMENTS or o.prim is POP:
                    return False
                if [self.inside(u, b) for u in self.uses.get(o.result, [])] != [True]:
                    return False
                inner.append(o)
        for o in inner:
            self.folding.values.add(o.result)
            if o.prim is IF:
                self.folding.ifs.add(o)
        return True

    def inside(self, user: Op | Block, block: Block) -> bool:
        return user is block or user in block.ops

    # Straight lines ---------------------------------------------------------------------------

    def block(self, block: Block) -> None:
        place = {op: k for k, op in enumerate(block.ops)}
        anchor: dict[Op, int] = {}  # where a folded operation is evaluated
        for k in reversed(range(len(block.ops))):
            op = block.ops[k]
            expression = self.conditional(op)
            if expression:
                self.folding.ifs.add(op)
            else:
                for b in op.blocks:
                    self.block(b)
            v = self.candidate(op)
            if v is None or self.gone(v):
                continue
            if any(isinstance(user, Op) and user in self.repeated for user in self.uses[v]):
                continue  # it would be written, and computed, twice
            sites = []
            for user in self.uses[v]:
                site = self.site(v, user, block, place, anchor)
                if site is None:
                    break
                sites.append(site)
            else:
                depends = any(self.depends(user, block, place) for user in self.uses[v])
                if depends and (op.prim is POP or op.prim.effect):
                    continue  # what is taken from a tape is taken on every path
                if op.prim.effect and not self.written_once(v):
                    continue
                if all(self.may_move(op, k, site, block, anchor) for site in sites):
                    anchor[op] = max(sites)
                    if depends:
                        self.sometimes.add(op)
                    if len(sites) > 1:
                        self.repeated.add(op)
                    self.folding.values.add(v)

    def candidate(self, op: Op) -> Value | None:
        """The result that may be written at its use."""
        if op.prim is POP:
            v = op.results[1]
            return v if len(self.uses.get(v, ())) == 1 and v not in self.keep else None
        once = op.prim.syntax == "opaque"  # a call that happens where the primal makes it
        if len(op.results) != 1 or op.prim.effect and not once or op.prim.syntax in STATEMENTS:
            return None
        v = op.result
        uses = self.uses.get(v, [])
        if any(a in self.readers.statuses for a in leaves(op.args)):
            return None  # `lower` replaces a status by what is known of it
        if op.prim is PACK and any(map(is_flag, leaves(op.args))):
            return None  # the same
        if op.prim in (NEW_STACK, PUSH, CALL, FOR, WHILE) or v in self.keep:
            return None
        swapped = self.swapped(v, uses)
        if (v.named or v.hint) and not self.renames(op, v, uses) and not swapped:
            return None
        if op.blocks and op not in self.folding.ifs:
            return None
        if any(
            isinstance(u, Op) and is_update(u) and u.args[0] is v
            and (u.prim is not ACCUMULATE or op.prim.syntax == "method copy")
            for u in uses
        ):  # fmt: skip
            return None  # a buffer has a name
        if is_update(op) and (op.prim is not ACCUMULATE or self.families.hint(v)):
            return None
        passed_on = any(isinstance(u, Block) for u in uses)
        if not v.hint and self.families.hint(v) and passed_on and not swapped:
            return None
        if self.returned(op, uses) and not self.light_tree(op):
            return None
        if len(uses) == 1 or (len(uses) == 2 and self.cheap(op)):
            return v
        return None

    def renames(self, op: Op, v: Value, uses: list[Op | Block]) -> bool:
        """Whether a value with a name may go without a statement: a conversion of a gradient in
        the result, or the first contribution to an adjoint whose next one is of one statement."""
        if len(uses) != 1 or op.role == "primal":
            return False
        user = uses[0]
        if user is self.function.block:
            inner = op.args[0] if op.args else None
            same = type(inner) is Value and self.families.root(inner) is self.families.root(v)
            return same and inner is not None and inner.hint == v.hint
        return (
            isinstance(user, Op)
            and user.prim is ACCUMULATE
            and user.args[0] is v
            and user.statement == op.statement
            and op.prim is not ACCUMULATE
            and self.families.root(user.result) is self.families.root(v)
        )

    def returned(self, op: Op, uses: list[Op | Block]) -> bool:
        """Whether it is part of the primal's value, which has to be there before the adjoint."""
        return self.has_adjoint and op.role == "primal" and self.function.block in uses

    def light_tree(self, op: Op) -> bool:
        """Small, with everything that would fold into it."""
        if not self.light(op):
            return False
        for v in leaves(op.args):
            single = len(self.uses.get(v, ())) == 1 and not v.hint
            if single and isinstance(v.owner, Op) and not self.light_tree(v.owner):
                return False
        return True

    def cheap(self, op: Op) -> bool:
        """Worth writing twice rather than naming."""
        if op.prim.syntax.startswith("attribute"):
            return True
        if op.prim.syntax in ("infix +", "infix -", "infix *"):
            a, b = op.args
            constant, other = (a, b) if type(a) is not Value else (b, a)
            if type(constant) is Value or type(other) is not Value:
                return False
            single = other.hint or len(self.uses.get(other, ())) > 2
            return bool(single) and isinstance(other.type, Num) and other.type.dtype is not None
        if op.prim.name != "getitem":
            return False
        basic = all(
            immutable(i) and not isinstance(i, list) for i in leaves(op.args[1])
        ) and not _has_list(op.args[1])
        source = op.args[0]
        nested = type(source) is Value and source in self.folding.values
        return basic and not nested

    def site(
        self,
        v: Value,
        user: Op | Block,
        block: Block,
        place: dict[Op, int],
        anchor: dict[Op, int],
    ) -> int | None:
        """The position in the block at which the user is evaluated, if it is there."""
        while True:
            if isinstance(user, Block):
                if user is block:
                    fold = self.yields_fold(block) or self.swapped(v, self.uses[v])
                    return len(block.ops) if fold else None
                if not isinstance(user.owner, Op) or user.owner not in self.folding.ifs:
                    return None
                user = user.owner
            if user in place:
                return anchor.get(user, place[user])
            parent = self.parent_of(user)
            if parent is None:
                return None
            user = parent

    def written_once(self, v: Value) -> bool:
        """Whether the expression into which v would go is written in one place."""
        while v not in self.readers.shared and len(self.uses[v]) == 1:
            (user,) = self.uses[v]
            if not isinstance(user, Op) or len(user.results) != 1 or not self.gone(user.result):
                return True
            v = user.result
        return False

    def depends(self, user: Op | Block, block: Block, place: dict[Op, int]) -> bool:
        """Whether the user is evaluated on some paths only."""
        if isinstance(user, Block):
            return user is not block
        return user not in place or user in self.sometimes

    def parent_of(self, op: Anything) -> Block | None:
        for candidate in self.folding.ifs:
            for b in candidate.blocks:
                if op in b.ops:
                    return b
        return None

    def yields_fold(self, block: Block) -> bool:
        """Whether expressions may stand where the block ends: in `return`, in the condition of a
        `while`."""
        owner = block.owner
        if isinstance(owner, Function):
            return True
        if not isinstance(owner, Op):
            return False
        if owner.prim is IF:
            return self.returning(owner)
        return owner.prim is WHILE and block is owner.blocks[0]

    def returning(self, op: Op) -> bool:
        """Whether the branches of an `if` end in `return`."""
        ops = [o for o in self.function.block.ops if not all(map(self.gone, o.results))]
        if not ops or ops[-1] is not op or self.has_adjoint:
            return False
        return any(v in op.results and not v.hint for v in leaves(self.function.block.yields))

    def swapped(self, v: Value, uses: list[Op | Block]) -> bool:
        """Whether a loop carries v on where the old value of its variable is carried on as well,
        under another name: `u, v = v, u + v`."""
        if len(uses) != 1 or not isinstance(uses[0], Block):
            return False
        loop = uses[0].owner
        if not isinstance(loop, Op) or loop.prim is not FOR and loop.prim is not WHILE:
            return False
        if uses[0] is not loop.blocks[-1]:
            return False
        params, yields = uses[0].params[-len(loop.inits) :], uses[0].yields
        k = next((k for k, y in enumerate(yields) if y is v), len(params))
        if k >= len(params) or self.families.root(v) is not self.families.root(params[k]):
            return False
        return any(y is params[k] for j, y in enumerate(yields) if j != k)

    def may_move(self, op: Op, start: int, end: int, block: Block, anchor: dict[Op, int]) -> bool:
        between = [
            m for m in block.ops[start + 1 : end]
            if not (m.results and all(self.gone(r) for r in m.results))
        ]  # fmt: skip
        if op.prim is POP:
            if anchor_pops(anchor, end, self.families.root(op.results[0]), self.families):
                return False
            stack = self.families.root(op.results[0])
            if end == len(block.ops) and op.results[0] in leaves(block.yields):
                return False  # the shorter stack is passed on at the same moment
            if any(
                isinstance(w.type, Stack) and self.families.root(w) is stack
                for m in [*between, *block.ops[end : end + 1]]
                for w in writes_of(m)
            ):
                return False
            return not any(has_effect(m) for m in between)
        returned = end == len(block.ops) and isinstance(block.owner, Function)
        late = op.role == "primal" and any(m.role == "adjoint" for m in between)
        if returned and late and not self.light(op):
            return False
        leaf_roots = {self.families.root(o) for o in leaves(op.args)}
        tokens = self.aliases.of(op.args)
        if between and block in self.guarded:
            return False
        if op.prim.effect and any(map(has_effect, block.ops[start + 1 : end])):
            return False
        for m in between:
            if has_effect(m):
                return False
            if any(b for b in m.blocks) and not self.light(op):
                return False
            if any(self.families.root(w) in leaf_roots for w in writes_of(m) if not self.gone(w)):
                return False
            if tokens & self.aliases.written(m):
                return False
        return True

    def gone(self, v: Value) -> bool:
        return v in self.folding.values

    def light(self, op: Op) -> bool:
        """A small piece of arithmetic on numbers."""
        if op.prim.syntax.split()[0] not in LIGHT and op.prim is not ACCUMULATE:
            return False
        return all(type(v) is not Value or isinstance(v.type, Num) for v in leaves(op.args))


def anchor_pops(anchor: dict[Op, int], end: int, stack: Value, families: Families) -> bool:
    """Whether another pop of the same stack is already evaluated at `end`."""
    return any(
        a == end and o.prim is POP and families.root(o.results[0]) is stack
        for o, a in anchor.items()
    )


def _has_list(index: Anything) -> bool:
    if isinstance(index, list):
        return True
    return isinstance(index, tuple) and any(map(_has_list, index))
