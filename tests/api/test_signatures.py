"""Types and keys of arguments, signature strings, annotations, `like`."""

import inspect
from typing import Annotated, Any

import numpy as np
import pytest
from numpy.typing import NDArray

from s2s_ad.annotations import of_annotation
from s2s_ad.errors import DerivativeTypeError
from s2s_ad.ir.types import FLOAT, INT, Dim, Num
from s2s_ad.like import described, split_like
from s2s_ad.signatures import check_active, key_of, of_value, promoted, value_key
from s2s_ad.specs import SpecError, Symbols, parse


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        (3.0, "float"),
        (3, "int"),
        (True, "bool"),
        (np.float32(1), "f32"),
        (np.array(1.0), "f64[]"),
        (np.ones((3, 1)), "f64[x.shape[0], 1]"),
        (np.ones((0, 2), np.int64), "i64[x.shape[0], x.shape[1]]"),
        ([(np.ones(2), 1.0)], "[(f64[x[0][0].shape[0]], float)]"),
        ({"W": np.ones(2)}, "{'W': f64[x['W'].shape[0]]}"),
        (None, "None"),
        ("mean", "str"),
    ],
)
def test_types_of_values(value, expected):
    assert str(of_value(value, "x")) == expected


def test_sizes_are_known_not_to_be_one():
    assert of_value(np.ones(2), "x").shape == (Dim("x.shape[0]", 0, True),)
    assert of_value(np.ones(1), "x").shape == (1,)


def test_subclasses_are_refused():
    with pytest.raises(DerivativeTypeError, match="np.asarray"):
        of_value(np.ma.masked_array([1.0]), "x")


def test_keys_tell_apart_what_types_tell_apart():
    values = [
        1.0, 1, True, None, "a", "b", np.float64(1), np.float32(1), np.ones(2), np.ones(1),
        np.ones((2, 1)), np.ones((1, 2)), np.ones((2, 2)), np.array(1.0), np.ones(2, np.float32),
        [1.0], (1.0,), [1.0, 1.0], {"a": 1.0}, {"b": 1.0}, [1],
    ]  # fmt: skip
    keys = [key_of(v) for v in values]
    assert len(set(keys)) == len(keys)
    assert key_of(np.ones(2)) == key_of(np.ones(5))


def test_value_keys_tell_values_apart():
    values = [1, 1.0, True, 0.0, -0.0, (1,), [1], (1.0,), None, "1", slice(1, 2), slice(1, 3)]
    assert len({value_key(v) for v in values}) == len(values)
    assert value_key((0, 1)) == value_key((0, 1))
    assert value_key(float("nan")) == value_key(float("nan"))


@pytest.mark.parametrize(
    "value",
    [
        True,
        "s",
        None,
        np.array(["a"]),
        np.array([True]),
        np.array([None]),
        [1, 2],
        len,
        np.bool_(1),
    ],
)
def test_no_derivative(value):
    with pytest.raises(DerivativeTypeError):
        promoted(value, "x")


def test_promotion():
    assert type(promoted(3, "x")) is float
    assert promoted(np.array([1, 2]), "x").dtype == np.float64
    x = np.ones(2, np.float32)
    assert promoted(x, "x") is x
    check_active([1, 2.0], "x")


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("f8[n, m]", "f64[x.shape[0], x.shape[1]]"),
        ("f8[n,n]", "f64[x.shape[0], x.shape[0]]"),
        ("f4[3, n-2]", "f32[3, x.shape[1]]"),
        ("f8[]", "f64[]"),
        ("f8", "f64"),
        ("float32[n]", "f32[x.shape[0]]"),
        ("f8[...]", "f64[...]"),
        ("f8[_, _]", "f64[x.shape[0], x.shape[1]]"),
        ("(f8[n], float)", "(f64[x[0].shape[0]], float)"),
        ("{'W': f8[n, m], 'b': f8[m]}", "{'W': f64[x['W'].shape[0], x['W'].shape[1]], "
         "'b': f64[x['W'].shape[1]]}"),
        ("list[f8[n]]", "list[f64[?]]"),
        ("list[(f8[i,o], f8[o])]", "list[(f64[?, ?], f64[?])]"),
        ("tuple[float, ...]", "tuple[float]"),
        ("tuple[float, int]", "(float, int)"),
        ("any", "any"),
        ("None", "None"),
    ],
)  # fmt: skip
def test_signature_strings(text, expected):
    assert str(parse(text, "x", Symbols())[0]) == expected


def test_named_sizes_are_shared_between_parameters():
    symbols = Symbols()
    x, _ = parse("f8[n, m]", "x", symbols)
    y, _ = parse("f8[m-2]", "y", symbols)
    assert y.shape == (Dim("x.shape[1]", -2, True),)
    assert x.shape[1] == Dim("x.shape[1]", 0, True)


def test_a_size_seen_first_with_an_offset():
    symbols = Symbols()
    parse("f8[n-2]", "x", symbols)
    assert parse("f8[n]", "y", symbols)[0].shape == (Dim("x.shape[0]", 2, True),)


@pytest.mark.parametrize("text", ["", "f9[n]", "f8[n", "q", "f8[2*n]", "x=3", "f8[n](3)", "f8[-1]"])
def test_unreadable_signature_strings(text):
    with pytest.raises(SpecError):
        parse(text, "x", Symbols())


def test_literals_are_values():
    assert parse("3", "n", Symbols()) == (INT, 3)
    assert parse("'sum'", "n", Symbols())[1] == "sum"
    assert parse("-1", "n", Symbols())[1] == -1


@pytest.mark.parametrize(
    ("annotation", "expected"),
    [
        (float, "float"),
        ("float", "float"),
        (int, "int"),
        (np.ndarray, "?[...]"),
        (NDArray[np.float64], "f64[...]"),
        ("NDArray[np.float32]", "f32[...]"),
        ("f8[n, m]", "f64[x.shape[0], x.shape[1]]"),
        ("'f8[n]'", "f64[x.shape[0]]"),
        (Annotated[np.ndarray, "f8[n]"], "f64[x.shape[0]]"),
        (list[float], "list[float]"),
        (tuple[float, int], "(float, int)"),
        (tuple[float, ...], "tuple[float]"),
        (list[tuple[NDArray[np.float64], float]], "list[(f64[...], float)]"),
        (float | None, "any"),
        (Any, "any"),
        ("NoSuchName", "any"),
        (np.floating, "any"),
        (np.float64, "f64"),
        (None, "None"),
    ],
)
def test_annotations(annotation, expected):
    assert str(of_annotation(annotation, globals(), "x", Symbols())) == expected


def test_jaxtyping():
    jaxtyping = pytest.importorskip("jaxtyping")
    symbols = Symbols()

    def shown(annotation, name="x"):
        return str(of_annotation(annotation, {}, name, symbols))

    assert shown(jaxtyping.Float[np.ndarray, "n m"]) == "f64[x.shape[0], x.shape[1]]"
    assert shown(jaxtyping.Float32[np.ndarray, "m 3"], "y") == "f32[x.shape[1], 3]"
    assert shown(jaxtyping.Float[np.ndarray, "..."]) == "f64[...]"
    assert shown(jaxtyping.Float[np.ndarray, ""]) == "f64[]"
    assert shown(jaxtyping.Int[np.ndarray, "#k"]) == "i64[?]"


def model(w: "f8[m]", x, n=3, *, mode="sum"):  # noqa: F821
    return w


def parameters():
    return dict(inspect.signature(model).parameters)


def test_described_by_annotation_and_default():
    found, values = described(model, parameters(), None)
    assert {k: str(v) for k, v in found.items()} == {
        "w": "f64[w.shape[0]]",
        "n": "int",
        "mode": "str",
    }
    assert values == {"n": 3, "mode": "sum"}


def test_described_by_like():
    for like in ((np.ones(2), "f4[k]"), {"w": np.ones(2), "x": "f4[k]"}, "w=f8[_], x=f4[k]"):
        found, _ = described(model, parameters(), like)
        assert str(found["w"]) == "f64[w.shape[0]]"
        assert str(found["x"]) == "f32[x.shape[0]]"
    found, values = described(model, parameters(), (1.0, 2.0, 5))
    assert found["w"] == FLOAT
    assert values["n"] == 5
    assert isinstance(found["x"], Num)


@pytest.mark.parametrize("like", [{"q": 1.0}, (1, 2, 3, 4, 5, 6), [1.0], "w=f9[n]", {"w": "f9[n]"}])
def test_wrong_like(like):
    with pytest.raises(SpecError):
        described(model, parameters(), like)


def test_split_like():
    names = ["x", "y"]
    assert split_like("x=f8[n,m], y=(float, int)", names) == {"x": "f8[n,m]", "y": "(float, int)"}
    assert split_like("f8[n,m], float", names) == {"x": "f8[n,m]", "y": "float"}
