"""Errors raised in generated code show the primal's line beside the generated one.

Each frame of generated code in a traceback is followed by one that stands in the primal's file, on
the line, and on Python 3.11 and later under the very expression, from which the generated code
came. The exception stays the object that it is; nothing happens until one is raised.

    File "<s2s_ad loss_grad 5f1c...>", line 4, in loss_grad
      y = x[5] * 2.0
          ~^^^
    File "model.py", line 12, in loss
      y = scale * x[5]
                  ~^^^
"""

from __future__ import annotations

import ast
from collections.abc import Sequence
from types import CodeType, FrameType, TracebackType
from typing import Any as Anything

from s2s_ad.errors import Location

# A stretch of a generated text: first line, first column, last line, end column; columns count
# bytes, as Python's own do.
Span = tuple[int, int, int, int]
Places = Sequence[tuple[Span, Location]]

PLACES = "__primal_places__"  # in the namespace of a generated module: where its text came from
SHOWN = "__primal_place__"  # in the namespace of a frame that was put in


class _Here(Exception):
    """Raised at a place to get a traceback that stands there."""


def explain(error: BaseException) -> None:
    """Put the primal's lines into the traceback of an error, once."""
    tb = error.__traceback__
    while tb is not None:
        following = tb.tb_next
        places = tb.tb_frame.f_globals.get(PLACES)
        if places and not (following is not None and SHOWN in following.tb_frame.f_globals):
            location = _find(places, _position(tb))
            if location is not None:
                tb.tb_next = _standing_at(location, following)
        tb = following


def _position(tb: TracebackType) -> Span:
    """What was under way: an expression (Python 3.11), or a whole line."""
    code = tb.tb_frame.f_code
    whole = tb.tb_lineno, 0, tb.tb_lineno, 0
    positions = getattr(code, "co_positions", None)
    if positions is None:
        return whole
    for k, (line, last, start, end) in enumerate(positions()):
        if k == tb.tb_lasti // 2:
            known = None not in (line, last, start, end)
            return (line, start, last, end) if known else whole
    return whole


def _find(places: Places, at: Span) -> Location | None:
    """The place of the smallest stretch around a position; of a line, its statement's."""
    first, start, last, end = at
    precise = end > 0 or last > first
    around = [
        (size, location)
        for (a, b, c, d), location in places
        for size in [(c - a, d - b if precise else b - d)]
        if ((a, b) <= (first, start) and (last, end) <= (c, d) if precise else a <= first <= c)
    ]
    return min(around, key=lambda found: found[0])[1] if around else None


def _standing_at(location: Location, following: TracebackType | None) -> TracebackType:
    frame, lasti = _frame_at(location)
    return TracebackType(following, frame, lasti, location.line)


def _frame_at(location: Location) -> tuple[FrameType, int]:
    """A frame in the primal's file at a place: code that raises there is run."""
    here = ast.Name("here", ast.Load())
    node = ast.Raise(here, None)
    for part in (here, node):
        part.lineno = part.end_lineno = location.line
        part.col_offset = len(location.text[: location.column].encode())
        part.end_col_offset = len(location.text[: location.end_column].encode())
    name = location.function or "<module>"
    code = _named(compile(ast.Module([node], []), location.file, "exec"), name)
    namespace: dict[str, Anything] = {"__name__": name, SHOWN: location, "here": _Here}
    try:
        exec(code, namespace)
    except _Here as error:
        assert error.__traceback__ is not None and error.__traceback__.tb_next is not None
        found = error.__traceback__.tb_next
        return found.tb_frame, found.tb_lasti
    raise AssertionError


def _named(code: CodeType, name: str) -> CodeType:
    if hasattr(code, "co_qualname"):
        return code.replace(co_name=name, co_qualname=name)  # type: ignore[call-arg, unused-ignore]
    return code.replace(co_name=name)
