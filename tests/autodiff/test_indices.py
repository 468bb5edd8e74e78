"""Facts about indices, from the ranges of loops."""

from __future__ import annotations

import s2s_ad.ops  # noqa: F401
from s2s_ad.autodiff.indices import ahead, apart, bounds, nonnegative
from s2s_ad.ir.core import Value
from s2s_ad.ir.parser import parse_function

TEXT = """
func f(%n: int):
  for %i: int in range(1, %n, 1):
    %up: int = add %i, 1
    %down: int = subtract %i, 1
    for %j: int in range(0, %i, 1):
      %k: int = add %j, 1
      yield
    yield
  return %n
"""


def values() -> dict[str, Value]:
    function = parse_function(TEXT)
    outer = function.block.ops[0]
    inner = outer.blocks[0].ops[2]
    out = {"n": function.block.params[0], "i": outer.blocks[0].params[0]}
    out |= {v.hint: v for op in outer.blocks[0].ops for v in op.results}
    out |= {"j": inner.blocks[0].params[0], "k": inner.blocks[0].ops[0].result}
    return out


def test_index_facts() -> None:
    v = values()
    i, j, k, n, up, down = (v[name] for name in ("i", "j", "k", "n", "up", "down"))
    assert nonnegative(down) and nonnegative(j) and not nonnegative(n)
    assert bounds(j, True) == [(j, 0), (i, -1), (n, -2)]
    assert apart(j, i) and apart(i, j) and not apart(k, i)
    assert apart(slice(None, i), i) and apart(slice(up, None), i) and not apart(slice(i, None), i)
    assert not apart(slice(None, -1), i) and not apart(-1, 0)
    assert ahead(down, i, i, True) == 1 and ahead(i, i, i, True) == 0
    assert ahead(j, i, i, True) == 1 and ahead(slice(None, up), i, i, True) == 0
    assert ahead(n, i, i, True) is None and ahead(up, i, i, False) == 1
