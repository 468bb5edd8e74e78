"""The checker sees every way in which storage can go wrong."""

import pytest

import s2s_ad.ops
from s2s_ad.codegen.check import check
from s2s_ad.codegen.names import assign_names
from s2s_ad.codegen.program import Let, Move, statements
from s2s_ad.codegen.storage import plan
from s2s_ad.errors import InternalError
from s2s_ad.ir.core import clone
from tests.codegen.random_programs import Maker

assert s2s_ad.ops


def planned(seed):
    p = plan(clone(Maker(seed).function()), set())
    assign_names(p, set())
    check(p)
    return p


def test_merging_variables_that_interfere_is_found():
    """Whatever two variables are made one, either the checker objects or they did not interfere."""
    found = 0
    for seed in range(3):
        p = planned(seed)
        variables = list(dict.fromkeys(p.variables.values()))
        for a in variables:
            for b in variables:
                if a is b or not any(p.edges[v] & set(b.values) for v in a.values):
                    continue
                old = dict(p.variables)
                for v in b.values:
                    p.variables[v] = a
                try:
                    check(p)
                except (InternalError, KeyError):
                    found += 1
                p.variables = old
    assert found > 50


def test_a_missing_statement_is_found():
    found = 0
    for seed in range(10):
        p = planned(seed)
        for k, s in enumerate(p.program):
            if isinstance(s, (Let, Move)):
                del p.program[k]
                try:
                    check(p)
                except (InternalError, KeyError):
                    found += 1
                p.program.insert(k, s)
    assert found > 20


def test_reading_after_an_overwrite_is_found():
    found = 0
    for seed in range(30):
        p = planned(seed)
        updates = [
            (k, s) for k, s in enumerate(p.program)
            if isinstance(s, Let) and s.op.prim.name in ("add_at", "set_at")
        ]  # fmt: skip
        for k, s in updates:
            for j in range(k):
                p.program.insert(j, p.program.pop(k))
                try:
                    check(p)
                except (InternalError, KeyError):
                    found += 1
                p.program.insert(k, p.program.pop(j))
                assert p.program[k] is s
    assert found > 5


def test_two_variables_of_one_name_are_found():
    p = planned(1)
    variables = list(dict.fromkeys(p.variables.values()))
    variables[0].name = variables[1].name
    with pytest.raises(InternalError, match="two variables"):
        check(p)
    assert list(statements(p.program))
