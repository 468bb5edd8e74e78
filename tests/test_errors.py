"""The family of errors: each says what, where and what to write instead, and each has a test.

The calls that refuse are found in the syntax trees of s2s_ad, the messages that tests expect in
those of the tests.
"""

import ast
from pathlib import Path

import pytest

from s2s_ad import errors
from s2s_ad.errors import Location, S2SError, UnsupportedError

ROOT = Path(errors.__file__).parent
TESTS = Path(__file__).parent
REFUSING = {  # and which of the arguments is the message; the advice is the next one
    "Conflict": 0,
    "DerivativeTypeError": 0,
    "SourceNotFoundError": 0,
    "SpecError": 0,
    "UnsupportedError": 0,
    "Unrollable": 0,
    "refuse": 0,
    "write_out": 2,
}
SHORTEST = 8  # characters of a message that a test has to name


# Refusals that no program known to us reaches, but which must stand where they do.
UNREACHED = (
    " cannot be changed in place",
    " is called, which the derivative's text cannot name",
    " was made in a loop or branch that has ended",
    "a call that may raise an exception which is handled stands in a condition of `while`, or the "
    "like",
    "a call with what was refused",  # in a lint, where it is never shown
    "a list inside an argument is changed",
    "an attribute or dict entry is a number at first and an object later",
    "an index that varies, into a sequence written out in place",
    "sum of something unknown",
    "the attribute ... is not set on every path",
    "the number of items is not known here",
    "the types of what this loop carries do not settle",
    "the second derivative of np.prod along several axes of an unknown rank",
    "this name has no value here",
)


def refusals():
    """(place, message, advice) of every call that refuses with a text of its own."""
    for path in sorted(ROOT.rglob("*.py")):
        for node in ast.walk(ast.parse(path.read_text())):
            if not isinstance(node, ast.Call):
                continue
            name = node.func.id if isinstance(node.func, ast.Name) else None
            given = node.args[REFUSING.get(name, len(node.args)) :]
            message = fragments(given[0]) if given else []
            if message:
                named = {k.arg: k.value for k in node.keywords}
                advice = given[1] if len(given) > 1 else named.get("advice")
                yield f"{path.relative_to(ROOT)}:{node.lineno}", message, advice


def fragments(message):
    """The constant parts of a message."""
    if isinstance(message, ast.Constant):
        return [message.value] if isinstance(message.value, str) else []
    if isinstance(message, ast.JoinedStr):
        return [part.value for part in message.values if isinstance(part, ast.Constant)]
    if isinstance(message, ast.BinOp):
        return fragments(message.left) + fragments(message.right)
    return []


def expected():
    """Every string in the tests that may be a part of a message."""
    out = set()
    for path in sorted(set(TESTS.rglob("*.py")) - {Path(__file__)}):
        for node in ast.walk(ast.parse(path.read_text())):
            if isinstance(node, ast.Constant) and isinstance(node.value, str):
                if SHORTEST <= len(node.value) <= 200:
                    out.add(node.value.replace("\\", ""))
    return out


def named(message, strings):
    """Whether a test names a message: by a part of one of its constant parts, or more. One whose
    parts are all short cannot be recognised."""
    parts = [part.strip() for part in message if len(part.strip()) >= SHORTEST]
    return not parts or any(
        text.strip() in part or part in text for part in parts for text in strings
    )


def test_every_refusal_says_what_to_write_instead():
    missing = [
        f"{place}: {'...'.join(message)}"
        for place, message, advice in refusals()
        if advice is None or isinstance(advice, ast.Constant) and not advice.value
    ]
    assert not missing, "refusals without advice:\n" + "\n".join(missing)


def test_every_refusal_has_a_test():
    strings = expected()
    missing = [
        f"{place}: {'...'.join(message)}"
        for place, message, _ in refusals()
        if not named(message, strings) and "...".join(message) not in UNREACHED
    ]
    assert not missing, "refusals that no test expects:\n" + "\n".join(missing)


# What an error shows ---------------------------------------------------------------------------

PLACE = Location("model.py", 3, 8, 15, "    y = np.i0(x)", "loss")
CALLER = Location("main.py", 7, 4, 11, "    loss(x)", "main")


def test_place_line_caret_and_advice():
    error = UnsupportedError("no rule for np.i0", "write it out", PLACE)
    assert str(error).splitlines() == [
        "model.py:3:9: no rule for np.i0",
        "        y = np.i0(x)",
        "            ^^^^^^^",
        "write it out",
    ]


def test_the_call_that_led_to_another_file():
    error = UnsupportedError("no rule for np.i0", "write it out", PLACE).at(CALLER)
    assert str(error).splitlines()[3:6] == [
        "called from main.py:7:",
        "        loss(x)",
        "        ^^^^^^^",
    ]
    assert error.at(PLACE) is error
    assert str(error).count("called from") == 1


def test_an_error_without_a_place_gets_one_once():
    error = UnsupportedError("no rule", "write it out")
    assert str(error) == "no rule\nwrite it out"
    assert error.at(None).location is None
    assert str(error.at(PLACE)).startswith("model.py:3:9: no rule")


@pytest.mark.parametrize("cls", S2SError.__subclasses__(), ids=lambda c: c.__name__)
def test_kinds_are_told_apart(cls):
    assert issubclass(cls, S2SError)
    assert cls.__doc__
    assert cls.code != S2SError.code
