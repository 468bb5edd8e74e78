"""Names: the user's first, then those made from them; a number only on a real clash."""

from __future__ import annotations

import keyword
import re

from s2s_ad.codegen.program import For, Let, statements
from s2s_ad.codegen.storage import Plan, Variable
from s2s_ad.ir.core import Function, Op, Value
from s2s_ad.ir.types import BOOL, Stack, Tape
from s2s_ad.ops.tapes import PUSH

LONGEST = 24
COMPARE = frozenset({"<", "<=", ">", ">=", "==", "!=", "is", "in"})
WORDS = {"+": "plus", "-": "minus", "/": "over"}
TARGET = re.compile(r"([A-Za-z_]\w*)\s*(?::[^=]*)?(?:[-+*/@%&|^]|\*\*|//|<<|>>)?=(?!=)")


def assign_names(plan: Plan, taken: set[str]) -> None:
    """Give every variable its name. `taken` are the global names that the text uses."""
    params = dict(zip(plan.function.block.params, parameter_names(plan.function)))
    used = set(taken) | set(params.values())
    variables: list[Variable] = []
    seen: set[Variable] = set()
    for v in plan.variables:
        variable = plan.variables[v]
        if variable not in seen:
            seen.add(variable)
            variables.append(variable)
    rest: list[Variable] = []
    for variable in variables:
        own = [params[v] for v in variable.values if v in params]
        if own:
            variable.name = own[0]
        else:
            rest.append(variable)
    unread = unread_indices(plan)
    indices = {s.index for s in statements(plan.program) if isinstance(s, For)}
    derived: dict[str, list[Variable]] = {}  # temporaries of one name may share a variable
    primal_out = first_result(plan.function)
    for user in (True, False):
        for variable in rest:
            if any(v.named and v.hint and v.companion is None for v in variable.values) is not user:
                continue
            if all(v in unread for v in variable.values):
                wanted = "_"
                variable.name = wanted
                continue
            wanted = wanted_name(variable, plan)
            if all(v in indices for v in variable.values) and not hint_of(variable, plan):
                wanted = next((c for c in "ijk" if c not in used), "i")
            if primal_out in variable.values and (not hint_of(variable, plan) or wanted in used):
                wanted = "out"
            if not hint_of(variable, plan):
                alike = derived.setdefault(wanted, [])
                same = next((x for x in alike if not interferes(variable, x, plan)), None)
                if same is not None:
                    same.values += variable.values
                    for v in variable.values:
                        plan.variables[v] = same
                    continue
                alike.append(variable)
            variable.name = free(wanted, used)
            used.add(variable.name)


def interferes(a: Variable, b: Variable, plan: Plan) -> bool:
    other = set(b.values)
    return any(plan.edges[v] & other for v in a.values)


def parameter_names(function: Function) -> list[str]:
    """The names of the parameters, then those of the hidden inputs."""
    names = [p.name for p in function.parameters]
    for v in function.block.params[len(names) :]:
        names.append(free(identifier(v.hint) or "hidden", set(names)))
    return names


def first_result(function: Function) -> Value | None:
    """The primal's value, where the function returns one."""
    template = function.returns
    while isinstance(template, tuple) and template:
        template = template[0]
    if type(template) is int and template < len(function.block.yields):
        y = function.block.yields[template]
        return y if type(y) is Value else None
    return None


def free(wanted: str, used: set[str]) -> str:
    if wanted not in used and not keyword.iskeyword(wanted):
        return wanted
    number = 2
    glue = "_" if wanted[-1].isdigit() else ""
    while f"{wanted}{glue}{number}" in used:
        number += 1
    return f"{wanted}{glue}{number}"


def hint_of(variable: Variable, plan: Plan) -> str:
    for v in variable.values:
        hint = plan.families.hint(v)
        if hint:
            return identifier(hint)
    return ""


def wanted_name(variable: Variable, plan: Plan) -> str:
    hint = hint_of(variable, plan)
    if hint:
        return hint
    out = first_result(plan.function)
    for w in variable.values:
        if w.companion is not None and w.companion[0] in (out, *companions_of(out)):
            return "out" + w.companion[1]
    for w in variable.values:
        if w.companion is not None:
            return derived_name(w, plan)
    v = variable.values[0]
    for w in variable.values:
        if isinstance(w.owner, Op) and not w.owner.blocks:
            v = w
            break
    return derived_name(v, plan)


def companions_of(out: Value | None) -> list[Value]:
    """Values that the returned one is a copy of, or a version of."""
    return [out.companion[0]] if out is not None and out.companion is not None else []


def derived_name(v: Value, plan: Plan, depth: int = 0) -> str:
    """A name for a value from what it is."""
    if isinstance(v.type, (Stack, Tape)):
        return tape_name(v, plan)
    if v.companion is not None and depth < 4:
        primal, suffix = v.companion
        base = identifier(primal.hint) or derived_name(primal, plan, depth + 1)
        return base + suffix
    return describe(v, 0) or term(v)


def tape_name(v: Value, plan: Plan) -> str:
    """After what is pushed onto it."""
    root = plan.families.root(v)
    for stmt in statements(plan.program):
        if isinstance(stmt, Let) and stmt.op.prim is PUSH:
            pushed = stmt.op.args[1]
            if type(pushed) is Value and plan.families.root(stmt.op.results[0]) is root:
                base = plan.families.hint(pushed) or derived_name(pushed, plan)
                return f"{identifier(base)}_tape"
    return "tape"


def term(v: Value) -> str:
    op = v.owner
    if v.type == BOOL or isinstance(op, Op) and op.prim.syntax.split()[-1] in COMPARE:
        return "test"
    text = op.statement.text if isinstance(op, Op) and op.statement is not None else ""
    found = TARGET.match(text)
    return f"{found.group(1)}_term" if found else "term"


def describe(x: object, depth: int) -> str:
    """A short phrase for an operand, or nothing."""
    if type(x) is not Value:
        return "one" if isinstance(x, (int, float)) and x == 1 else ""
    if x.hint:
        return identifier(x.hint)
    op = x.owner
    if not isinstance(op, Op) or depth > 2 or op.blocks:
        return ""
    kind, _, symbol = op.prim.syntax.partition(" ")
    args = list(op.args)
    if kind == "prefix" and symbol == "-":
        return short("minus", describe(args[0], depth + 1))
    if kind == "infix" and len(args) == 2:
        a, b = (describe(arg, depth + 1) for arg in args)
        if symbol == "**" and args[1] == 2:
            return short(a, "squared")
        if symbol == "*" and type(args[0]) in (int, float) and args[0] in (2, 0.5):
            return short("twice" if args[0] == 2 else "half", b)
        if symbol in "*@":
            return short(a, b)
        return short(a, WORDS[symbol], b) if symbol in WORDS else ""
    if kind == "call" and len(args) == 1:
        return short(symbol.split(".")[-1], describe(args[0], depth + 1))
    if kind == "attribute":
        return short(describe(args[0], depth + 1), symbol)
    if kind == "getitem" and isinstance(args[1], int) and args[1] >= 0:
        return short(describe(args[0], depth + 1), str(args[1]))
    if kind == "getitem" and type(args[1]) is Value:
        return short(describe(args[0], depth + 1), describe(args[1], depth + 1))
    return ""


def short(*parts: str) -> str:
    name = "_".join(parts)
    return name if all(parts) and len(name) <= LONGEST and name.count("_") <= 4 else ""


def identifier(hint: str) -> str:
    name = re.sub(r"\W", "_", hint)
    return f"_{name}" if name[:1].isdigit() else name


def unread_indices(plan: Plan) -> set[Value]:
    """Loop indices without a name of the user's that nobody reads."""
    out: set[Value] = set()
    for stmt in statements(plan.program):
        if isinstance(stmt, For) and not stmt.index.named and not index_read(stmt, plan):
            out.add(stmt.index)
    return out


def index_read(stmt: For, plan: Plan) -> bool:
    """Whether the body needs the index; reads that the header makes do not count."""
    header = plan.headers.get(stmt.op)
    if header is None:
        return stmt.index in plan.liveness.body_start[stmt]
    return any(
        stmt.index in plan.folding.reads(s)
        for s in statements(stmt.body)
        if not (isinstance(s, Let) and s.op in header.ops)
    )
