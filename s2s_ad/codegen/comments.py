"""Above the adjoint of each primal statement stands that statement."""

from __future__ import annotations

import ast

from s2s_ad.codegen.program import For, If, Stmt, With
from s2s_ad.ir.core import Op, Statement, Value, leaves
from s2s_ad.ops.tapes import NEW_STACK, POP


class Comments:
    """Follows which primal statement the adjoint operations belong to. `texts[node]` is the
    comment above a statement."""

    def __init__(self) -> None:
        self.current: Statement | None = None
        self.texts: dict[ast.stmt, str] = {}
        self.bars: dict[Value, bool] = {}  # whether a value is a cotangent, or made from one
        self.around: list[Statement | None] = []

    def mark(self) -> Statement | None:
        """The statement whose adjoint was written last."""
        return self.current

    def enter(self, owner: Stmt) -> None:
        adjoint = isinstance(owner.op, Op) and owner.op.role == "adjoint"
        statement = owner.op.statement if isinstance(owner.op, Op) and adjoint else None
        self.around.append(statement)
        self.current = statement

    def leave(self) -> None:
        self.current = self.around.pop()

    def place(self, before: Statement | None, s: Stmt, node: ast.stmt) -> None:
        """Note the comment for what was written for s, if it begins another statement."""
        op = s.op
        if op is None or op.role != "adjoint":
            self.current = None if op is None or op.role == "primal" else before
            return
        statement = op.statement
        if op.prim in (POP, NEW_STACK) or statement is None or not self.derivative(op):
            self.current = before
            return
        if isinstance(s, (If, With, For)) and shows(node, statement):
            self.current = statement
            return
        around = {outer.text for outer in self.around if outer is not None}
        if statement != before and statement.text not in around:
            self.texts[node] = statement.text
        self.current = statement

    def derivative(self, op: Op) -> bool:
        """Whether an adjoint operation computes with cotangents; others only compute a primal
        value again."""
        if op.blocks:
            return True
        return any(map(self.is_bar, (*op.results, *leaves(op.args))))

    def is_bar(self, v: Value) -> bool:
        if v not in self.bars:
            self.bars[v] = v.hint.endswith("_bar") or bool(v.companion and v.companion[1])
            if not self.bars[v] and isinstance(v.owner, Op) and v.owner.role == "adjoint":
                self.bars[v] = bool(v.owner.blocks) or any(map(self.is_bar, leaves(v.owner.args)))
        return self.bars[v]


def shows(node: ast.stmt, statement: Statement) -> bool:
    """Whether the emitted line itself says what the comment would."""
    if isinstance(node, ast.If):
        return f"if {ast.unparse(node.test)}" in _plain(statement)
    return isinstance(node, ast.With)


def _plain(statement: Statement) -> str:
    """The statement's text as Python's own printer would write it."""
    text = statement.text.strip()
    text = text[2:] if text.startswith("elif ") else text
    try:
        return ast.unparse(ast.parse(f"{text}:\n    pass")).splitlines()[0]
    except SyntaxError:
        return text
