"""What a module's text refers to outside its functions, and constants as Python text."""

from __future__ import annotations

import ast
import builtins
import enum
import math
from typing import Any as Anything

import numpy as np

from s2s_ad.errors import InternalError, UnsupportedError
from s2s_ad.ir.core import ABSENT, UNDEFINED
from s2s_ad.ops.opaque import Reference
from s2s_ad.ops.structure import Outside


class Scope:
    """What a module's text refers to outside its functions."""

    def __init__(self) -> None:
        self.modules: dict[str, str] = {}  # local name -> module, in order of use
        self.helpers: dict[str, str] = {}  # local name -> name in s2s_ad.runtime
        self.builtins: set[str] = set()
        self.bindings: dict[str, Anything] = {}
        self.cells: dict[int, str] = {}
        self.names: dict[Anything, str] = {}  # emitted functions
        self.imports: dict[str, str] = {}
        self.hidden: set[str] = set()  # parameters of the function being written

    def used(self) -> set[str]:
        """The global names that local variables must not take."""
        modules = {local.split(".")[0] for local in self.modules}
        bound = {*self.helpers, *self.builtins, *self.bindings, *self.names.values()}
        return modules | bound

    def local(self, name: str) -> str:
        """The name under which to import something, out of the way of the parameters."""
        while name in self.hidden:
            name += "_"
        return name

    def module(self, name: str, module: str) -> ast.expr:
        """A reference to a module under a local name."""
        local = self.local(name)
        self.modules[local] = module
        return ast.Name(local, ast.Load())

    def builtin(self, name: str) -> ast.expr:
        if name in self.hidden:
            return ast.Attribute(self.module("builtins", "builtins"), name, ast.Load())
        self.builtins.add(name)
        return ast.Name(name, ast.Load())

    def helper(self, name: str) -> ast.expr:
        local = self.local(name)
        self.helpers[local] = name
        return ast.Name(local, ast.Load())

    def dotted(self, path: str) -> ast.expr:
        """A function by its printed path: `np.linalg.inv`, `math.sin`, `abs`."""
        first, *rest = path.split(".")
        if not rest:
            if not hasattr(builtins, first):
                raise InternalError(f"{path} is not a builtin")
            return self.builtin(first)
        if first == "np":
            node = self.module("np", "numpy")
        else:
            node = self.module(first, self.imports.get(first, first))
        for name in rest:
            node = ast.Attribute(node, name, ast.Load())
        return node

    def outside(self, place: Outside) -> ast.expr:
        """Data from outside: `module.NAME`, or an object that the loader puts into the module."""
        if place.module == "numpy":
            return ast.Attribute(self.module("np", "numpy"), place.name, ast.Load())
        if place.module and isinstance(place.namespace, dict):
            parts = place.module.split(".")
            if parts[0] in self.hidden:
                node = self.module("_".join(parts) + "_", place.module)
                return ast.Attribute(node, place.name, ast.Load())
            node = ast.Name(parts[0], ast.Load())
            self.modules[place.module] = place.module
            for part in [*parts[1:], place.name]:
                node = ast.Attribute(node, part, ast.Load())
            return node
        if isinstance(place.namespace, dict):
            name = self.bind("f_globals", place.namespace)
            return ast.Subscript(ast.Name(name, ast.Load()), ast.Constant(place.name), ast.Load())
        name = self.bind(f"{place.name}_cell", place.namespace)
        return ast.Attribute(ast.Name(name, ast.Load()), "cell_contents", ast.Load())

    def reference(self, callee: Reference) -> ast.expr:
        """A function that is called by its name."""
        if callee.place is None:
            return self.dotted(callee.name)
        node = self.outside(callee.place)
        shown = callee.place.name
        if callee.name.endswith(f".{shown}") or callee.name == shown:
            return node
        for part in callee.name.rpartition(f".{shown}.")[2].split("."):
            node = ast.Attribute(node, part, ast.Load())
        return node

    def bind(self, wanted: str, thing: Anything) -> str:
        if id(thing) not in self.cells:
            name, number = wanted, 1
            while name in self.bindings or name in self.hidden:
                number += 1
                name = f"{wanted}{number}"
            self.bindings[name] = thing
            self.cells[id(thing)] = name
        return self.cells[id(thing)]


def constant(x: Anything, scope: Scope) -> ast.expr:
    """A constant: negative and complex numbers as operations, nan and inf by name."""
    kind = type(x)
    if x is None or x is Ellipsis or kind in (bool, str, bytes):
        return ast.Constant(x)
    if kind is int:
        return ast.UnaryOp(ast.USub(), ast.Constant(-x)) if x < 0 else ast.Constant(x)
    if kind is float:
        if math.isnan(x):
            return ast.Attribute(scope.module("np", "numpy"), "nan", ast.Load())
        if math.isinf(x):
            node: ast.expr = ast.Attribute(scope.module("np", "numpy"), "inf", ast.Load())
            return ast.UnaryOp(ast.USub(), node) if x < 0 else node
        if math.copysign(1.0, x) < 0:
            return ast.UnaryOp(ast.USub(), ast.Constant(-x))
        return ast.Constant(x)
    if kind is complex:
        plain = all(map(math.isfinite, (x.real, x.imag))) and x.real == 0 and x.imag >= 0
        if plain and math.copysign(1.0, x.real) > 0 and math.copysign(1.0, x.imag) > 0:
            return ast.Constant(x)
        parts = [constant(x.real, scope), constant(x.imag, scope)]
        return ast.Call(scope.builtin("complex"), parts, [])
    if isinstance(x, np.generic):
        node = scope.dotted(f"np.{x.dtype.name if x.dtype.kind != 'b' else 'bool'}")
        return ast.Call(node, [constant(x.item(), scope)], [])
    if isinstance(x, np.dtype):
        return dtype(x, scope)
    if isinstance(x, type):
        called: str = x.__name__
        if getattr(builtins, called, None) is x:
            return scope.builtin(called)
        if issubclass(x, np.generic):
            return dtype(np.dtype(x), scope)
    if kind is np.ndarray and x.dtype.kind in "fiubc":
        node = scope.dotted("np.array")
        items = constant(x.tolist(), scope)
        return ast.Call(node, [items], [ast.keyword("dtype", dtype(x.dtype, scope))])
    if kind in (tuple, list):
        items_of = [constant(item, scope) for item in x]
        return (ast.Tuple if kind is tuple else ast.List)(items_of, ast.Load())
    if kind is dict:
        return ast.Dict([constant(k, scope) for k in x], [constant(v, scope) for v in x.values()])
    if kind is slice:
        return ast.Call(
            scope.builtin("slice"), [constant(p, scope) for p in (x.start, x.stop, x.step)], []
        )
    if x is ABSENT:
        return ast.Constant(None)
    if x is UNDEFINED:
        raise InternalError("an unbound name is read")
    if isinstance(x, Outside):
        return scope.outside(x)
    if isinstance(x, enum.Enum):
        return ast.Attribute(constant(kind, scope), x.name, ast.Load())
    module, name = getattr(x, "__module__", None), getattr(x, "__qualname__", None)
    if isinstance(x, np.ufunc):
        return scope.dotted(f"np.{x.__name__}")
    if module == "builtins" and name and hasattr(builtins, name):
        return scope.builtin(name)
    if module and name and "<" not in name:
        return scope.dotted(f"{module.replace('numpy', 'np', 1)}.{name}")
    raise UnsupportedError(
        f"the constant {x!r} cannot be written into the derivative's text",
        "give it a name at the top of a module",
    )


def dtype(d: Anything, scope: Scope) -> ast.expr:
    if d.byteorder in "=|" and d.names is None and hasattr(np, d.name):
        return scope.dotted(f"np.{d.name}" if d.kind != "b" else "np.bool_")
    return ast.Call(scope.dotted("np.dtype"), [ast.Constant(d.str)], [])
