# ruff: noqa: F841, F842, E731, E702, RUF100
"""Finding source text: which definition it is, where it stands, whether it is what runs."""

import doctest
import importlib.util
import linecache
import subprocess
import sys
import textwrap

import numpy as np
import pytest

from s2s_ad.errors import SourceNotFoundError
from s2s_ad.frontend.lower import lower
from s2s_ad.frontend.source import find
from s2s_ad.ir.interpreter import interpret

pair = (lambda x: x + 1, lambda x: x * 2)
third = lambda x: (lambda y: y * x)(x)


def factory(a, b):
    return lambda x: x * a, lambda x: x * b


def table():
    return {
        "one": lambda x: x - 1, "two": lambda x: x - 2,
        "three": (lambda x:
                  x - 3),
    }  # fmt: skip


def test_lambdas_on_one_line():
    for f, at in zip((*pair, third), (2.0, 2.0, 3.0)):
        assert interpret(lower(f), [at]) == f(at)
    assert find(pair[0]).text(find(pair[0]).tree) == "lambda x: x + 1"
    assert find(pair[1]).text(find(pair[1]).tree) == "lambda x: x * 2"


def test_lambdas_with_closures():
    for f in factory(3.0, 5.0):
        assert interpret(lower(f), [2.0]) == f(2.0)
    names = [find(f).tree.body.right.id for f in factory(3.0, 5.0)]
    assert names == ["a", "b"]
    for f in table().values():
        assert interpret(lower(f), [2.0]) == f(2.0)


def test_equal_lambdas_are_told_apart_by_position():
    both = [lambda x: x + 1, lambda x: x + 1]  # fmt: skip
    first, second = (find(f).tree.col_offset for f in both)
    if sys.version_info >= (3, 11):
        assert first < second
    assert interpret(lower(both[1]), [1.0]) == 2.0


class Holder:
    @staticmethod
    def static(x):
        return x * 2

    @classmethod
    def made(cls, x):
        return x * 3

    def method(self, x):
        return x * 4


def test_methods():
    assert interpret(lower(Holder.static), [2.0]) == 4.0
    assert interpret(lower(Holder().method), [Holder(), 2.0]) == 8.0
    assert find(Holder().method).tree.name == "method"


def test_positions_count_characters():
    def f(x):
        été = x
        return été.nichts

    source = find(f)
    node = source.tree.body[1]
    place = source.location(node)
    assert place.text[place.column :].startswith("return été")


def module(tmp_path, text, name="found"):
    path = tmp_path / f"{name}.py"
    path.write_text(textwrap.dedent(text))
    spec = importlib.util.spec_from_file_location(name, path)
    made = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(made)
    return path, made


def test_edited_source_is_refused(tmp_path):
    path, made = module(tmp_path, "def f(x):\n    return x * 2\n")
    assert interpret(lower(made.f), [3.0]) == 6.0
    path.write_text("def f(x):\n    return x * 300\n")
    with pytest.raises(SourceNotFoundError, match="edited since"):
        lower(made.f)
    path.write_text("\n\ndef f(x):\n    return x * 2\n")
    with pytest.raises(SourceNotFoundError, match="edited since"):
        lower(made.f)


def test_constants_are_compared_with_their_type(tmp_path):
    path, made = module(tmp_path, "def f(x):\n    return x * 2.0\n", "constants")
    path.write_text("def f(x):\n    return x * 2\n\n")
    with pytest.raises(SourceNotFoundError, match="edited since"):
        lower(made.f)


def test_future_annotations(tmp_path):
    text = """
        from __future__ import annotations
        def f(x: undefined) -> nothing:
            y: int = x * 2
            return y
    """
    assert interpret(lower(module(tmp_path, text, "future")[1].f), [3.0]) == 6.0


def test_exec_with_linecache():
    text = "def f(x):\n    return x * 7\n"
    namespace = {}
    exec(compile(text, "<registered>", "exec"), namespace)
    with pytest.raises(SourceNotFoundError, match="cannot be found"):
        lower(namespace["f"])
    linecache.cache["<registered>"] = len(text), None, text.splitlines(True), "<registered>"
    assert interpret(lower(namespace["f"]), [3.0]) == 21.0


def test_doctest():
    text = """
    >>> def f(x):
    ...     return x * 5
    >>> from s2s_ad.frontend.lower import lower
    >>> from s2s_ad.ir.interpreter import interpret
    >>> interpret(lower(f), [2.0]), interpret(lower(lambda x: x + 1), [2.0])
    (10.0, 3.0)
    """
    test = doctest.DocTestParser().get_doctest(text, {}, "example", "example.py", 0)
    assert doctest.DocTestRunner().run(test).failed == 0


def test_notebook_cell():
    pytest.importorskip("IPython")
    from IPython.core.interactiveshell import InteractiveShell

    shell = InteractiveShell.instance()
    shell.run_cell(
        "def cell(x):\n    return x * 9\nother = lambda x: x * 8; more = lambda x: x * 7"
    )
    for name, factor in (("cell", 9.0), ("other", 8.0), ("more", 7.0)):
        assert interpret(lower(shell.user_ns[name]), [1.0]) == factor
    shell.run_cell("def cell(x):\n    return x * 10")
    assert interpret(lower(shell.user_ns["cell"]), [1.0]) == 10.0


def test_script(tmp_path):
    path = tmp_path / "script.py"
    path.write_text(
        "from s2s_ad.frontend.lower import lower\n"
        "K = 4.0\n"
        "def f(x):\n    return x * K\n"
        "if __name__ == '__main__':\n"
        "    print(lower(f).block.ops[0].kwargs['place'].name)\n"
    )
    out = subprocess.run(
        [sys.executable, str(path)], capture_output=True, text=True, check=True,
        env={"PYTHONPATH": ":".join(p for p in sys.path if p) or "."},
    )  # fmt: skip
    assert out.stdout == "K\n"


def test_comments_and_headers():
    def f(x):
        if (
            x > 0  # positive
            and x < 3
        ):
            y = (x +
                 1)  # fmt: skip
        elif x > 5:
            y = 2
        for i in range(3):
            y = y * x
        while y < 3:
            y = y + 1
        with np.errstate(all="ignore"):
            return y

    source = find(f)
    placed = sorted(source.orders, key=source.orders.get)
    assert [source.header(node) for node in placed[1:]] == [
        "if x > 0 and x < 3", "y = x + 1", "elif x > 5", "y = 2", "for i in range(3)",
        "y = y * x", "while y < 3", "y = y + 1", 'with np.errstate(all="ignore")', "return y",
    ]  # fmt: skip
