"""Loop headers as a person writes them: `for W, b in params` instead of an index and reads."""

from __future__ import annotations

from dataclasses import dataclass, field

from s2s_ad.codegen.aliases import Aliases
from s2s_ad.ir.core import Block, Function, Op, Value, readers, walk
from s2s_ad.ir.types import Seq, Stack
from s2s_ad.ops.structure import FOR
from s2s_ad.ops.tapes import POP, STACK_LENGTH


@dataclass
class Element:
    """One sequence that a loop walks: its value in the iteration, or the parts it unpacks to."""

    source: Value
    read: Op
    parts: list[Op | None] = field(default_factory=list)  # reads of the items, by position

    @property
    def ops(self) -> list[Op]:
        return [self.read, *(p for p in self.parts if p is not None)]


@dataclass
class Header:
    """How a `for` is written when it walks sequences."""

    elements: list[Element]

    @property
    def ops(self) -> list[Op]:
        return [op for e in self.elements for op in e.ops]


def find_headers(function: Function, aliases: Aliases) -> dict[Op, Header]:
    """The loops that can be written over their sequences."""
    uses = readers(function.block)
    out: dict[Op, Header] = {}
    for op in walk(function.block):
        if op.prim is FOR and op.kwargs.get("over"):
            header = _header(op, uses, aliases)
            if header is not None:
                out[op] = header
    return out


def _header(op: Op, uses: dict[Value, list[Op | Block]], aliases: Aliases) -> Header | None:
    _, sources = op.kwargs["over"]
    start, stop, step = op.args[:3]
    if type(start) is not int or start or type(step) is not int or step != 1:
        return None
    if type(stop) is Value and (stop.hint == "count" or _is_length_of_tape(stop)):
        return None
    body = op.blocks[0]
    index = body.params[0]
    reads = [
        o for o in body.ops
        if o.prim.name == "getitem" and o.args[1] is index and type(o.args[0]) is Value
        and o.args[0] not in body.params and all(o.args[0] not in x.results for x in body.ops)
    ]  # fmt: skip
    chosen = []
    for s in sources:
        found = [o for o in reads if o.args[0] is s]
        if len(found) != 1:
            return None
        chosen.append(found[0])
    elements = []
    for read in chosen:
        if aliases.of(read.args[0]) & aliases.written(op):
            return None
        elements.append(_element(read, body, uses))
    return Header(elements)


def _element(read: Op, body: Block, uses: dict[Value, list[Op | Block]]) -> Element:
    v, t = read.result, read.result.type
    element = Element(read.args[0], read)
    if v.named or not isinstance(t, Seq) or t.kind == "dict":
        return element
    parts: list[Op | None] = [None] * len(t.items)
    for user in uses.get(v, []):
        if not isinstance(user, Op) or user.prim.name != "getitem" or user not in body.ops:
            return element
        key = user.args[1]
        if user.args[0] is not v or type(key) is not int or not 0 <= key < len(parts):
            return element
        if parts[key] is not None:
            return element
        parts[key] = user
    if any(p is not None for p in parts):
        element.parts = parts
    return element


def _is_length_of_tape(v: Value) -> bool:
    return isinstance(v.owner, Op) and v.owner.prim is STACK_LENGTH


def tape_of(op: Op, index_read: bool) -> Value | None:
    """The tape that ends the loop by running empty: the loop runs once per entry and pops once
    in every iteration."""
    start, stop, step = op.args[:3]
    if index_read or start != 0 or step != 1 or type(stop) is not Value:
        return None
    maker = stop.owner
    if not isinstance(maker, Op) or maker.prim is not STACK_LENGTH:
        return None
    for init, p, y in zip(op.inits, op.blocks[0].params[1:], op.blocks[0].yields):
        if init is maker.args[0] and isinstance(p.type, Stack):
            pops = [o for o in op.blocks[0].ops if o.prim is POP and o.args[0] is p]
            if len(pops) == 1 and y is pops[0].results[0]:
                return p
    return None
