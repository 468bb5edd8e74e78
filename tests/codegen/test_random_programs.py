"""Emitted text computes, bit for bit, what the interpreter computes from the SSA."""

import copy

import numpy as np
import pytest

import s2s_ad.ops
from s2s_ad.codegen.module import emit_module
from s2s_ad.ir.interpreter import interpret
from s2s_ad.ir.verifier import verify
from tests.codegen.random_programs import Maker

assert s2s_ad.ops
ARGS = (0.6, -0.4, np.array([1.0, 2.0, -0.5, 0.3]), np.array([0.1, 0.2, 0.7, -0.9]))


@pytest.mark.parametrize("seed", range(80))
def test_emitted_text_agrees_with_the_interpreter(seed):
    function = verify(Maker(seed).function())
    with np.errstate(all="ignore"):
        expected = interpret(function, copy.deepcopy(ARGS))
        emitted = emit_module([function])
        namespace = dict(emitted.bindings)
        exec(compile(emitted.text, "<emitted>", "exec"), namespace)
        args = copy.deepcopy(ARGS)
        value, arrays = namespace["f"](*args)
    assert np.array_equal(value, expected[0], equal_nan=True), emitted.text
    for found, wanted in zip(arrays, expected[1], strict=True):
        assert np.array_equal(found, wanted, equal_nan=True), emitted.text
    for before, after in zip(ARGS, args, strict=True):
        assert np.array_equal(before, after), "an argument was written to"
    assert all(len(line) <= 100 for line in emitted.text.splitlines())


def test_emission_is_deterministic_and_leaves_the_function_alone():
    function = Maker(3).function()
    text = emit_module([function]).text
    assert emit_module([function]).text == text
    assert emit_module([Maker(3).function()]).text == text
