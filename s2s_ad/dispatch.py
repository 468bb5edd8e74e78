"""From a call to the derivative that serves it: one specialisation per signature.

A warm call costs a wrapper with the parameters of the primal, one look-up in a table keyed by the
arguments' types, and an entry that calls the generated function and puts its results in order.
Both are small generated functions: nothing is bound or inspected on the way.
"""

from __future__ import annotations

import inspect
import threading
import types
import warnings
from collections.abc import Callable
from typing import Any as Anything

import numpy as np

from s2s_ad.errors import InternalError, S2SError
from s2s_ad.ir.signature import Signature
from s2s_ad.ir.types import Type
from s2s_ad.loader import explain, load
from s2s_ad.parameters import STARS, parameters_of
from s2s_ad.signatures import (
    has_objects,
    is_static,
    kept,
    key_of,
    key_of_tree,
    of_tree,
    of_value,
    promoted,
    value_key,
)

LIMIT = 512  # specialisations of one derivative that are kept; the oldest go first


Entry = Callable[..., Anything]
Guard = Callable[[tuple[Anything, ...]], bool]


class _Missing:
    def __repr__(self) -> str:
        return "<the primal's default>"


MISSING = _Missing()


class IntegerWarning(UserWarning):
    """A derivative with respect to an integer array: it was taken as float64."""


class Variant:
    """One specialisation: the generated module and the entry that calls it."""

    def __init__(
        self, derived: Anything, namespace: dict[str, Anything], types: dict[str, Type]
    ) -> None:
        self.derived = derived
        self.types = types
        self.namespace = namespace
        self.function: Anything = namespace.get(derived.name)
        self.guards: tuple[Guard, ...] = tuple(derived.guards)
        self.keep: list[Anything] = []  # objects that the key knows by identity
        self.again: Callable[[tuple[Anything, ...]], Anything]  # called where a guard fails

    def extra(self, names: list[str]) -> list[str]:
        """The parameters that the generated function has beside the primal's."""
        code = self.function.__code__
        known = code.co_varnames[: code.co_argcount + code.co_kwonlyargcount]
        return [n for n in known if n not in names]


class Dispatcher:
    """A derivative of one function with respect to some of its parameters.

    `mode` is what the pipeline is asked for; `finish` makes the entry of a new specialisation.
    `wrt` are positions among all parameters, `self` included; `several` where the gradient is a
    tuple.
    """

    def __init__(
        self,
        function: Anything,
        mode: str,
        wrt: tuple[int, ...],
        finish: Callable[[Dispatcher, Variant, list[bool]], Entry],
        bound: bool = False,
        several: bool = False,
    ) -> None:
        self.function = function
        self.mode = mode
        self.wrt = wrt
        self.finish = finish
        self.bound = bound
        self.several = several
        self.parameters = parameters_of(function)
        self.names = list(self.parameters)
        self.table: dict[Anything, Entry] = {}
        self.lock = threading.RLock()
        self.warned = False
        self.renewed: Dispatcher | None = None  # after the primal's code was replaced
        self.code = getattr(function, "__code__", None)
        self.wrapper = self._make_wrapper()

    # The wrapper: the primal's parameters in, an entry looked up, called --------------------------

    def _make_wrapper(self) -> Entry:
        head: list[str] = []
        kinds = inspect.Parameter
        star = slash = False
        for name, p in self.parameters.items():
            if slash and p.kind is not kinds.POSITIONAL_ONLY:
                head.append("/")
                slash = False
            slash = slash or p.kind is kinds.POSITIONAL_ONLY
            if p.kind is kinds.KEYWORD_ONLY and not star:
                head.append("*")
                star = True
            star = star or p.kind is kinds.VAR_POSITIONAL
            prefix = STARS.get(p.kind, "")
            default = "" if p.default is p.empty else "=_s2s_missing"
            head.append(prefix + name + default)
        if slash:
            head.append("/")
        arguments = ", ".join(self.names)
        pack = f"({arguments},)" if self.names else "()"
        keys = []
        body = []
        flat = len(self.names) > 1
        if self.code is not None:
            body.append("if _s2s_function.__code__ is not _s2s_code:")
            body.append(f"    return _s2s_stale({pack})")
        for i, (name, p) in enumerate(self.parameters.items()):
            if p.default is not p.empty:
                body.append(f"if {name} is _s2s_missing: {name} = _s2s_default({name!r})")
            key = f"_s2s_k{i}"
            keys.append(key)
            if self.bound and i == 0:
                body.append(f"{key} = id({name})")
                continue
            if flat:  # one tuple without tuples in it is made, hashed and compared faster
                array = f"{key}, _s2s_n{i} = {name}.dtype, {name}.ndim"
                keys.append(f"_s2s_n{i}")
                body.append(f"_s2s_n{i} = -1")
            else:
                array = f"{key} = ({name}.dtype, {name}.ndim)"
            asked = "_s2s_tree" if i in self.wrt else "_s2s_key"
            body += [
                f"{key} = type({name})",
                f"if {key} is _s2s_ndarray:",
                f"    if 1 in {name}.shape: {key} = _s2s_key({name})",
                f"    else: {array}",
                f"elif {key} is not _s2s_float and {key} is not _s2s_int: {key} = {asked}({name})",
            ]
        key = keys[0] if len(keys) == 1 else f"({', '.join(keys)})"
        body.append(f"_s2s_entry = _s2s_get({key})")
        body.append(f"if _s2s_entry is None: _s2s_entry = _s2s_miss({key}, {pack})")
        body += [
            f"try: return _s2s_entry({arguments})",
            "except Exception as _s2s_error:",
            "    _s2s_explain(_s2s_error)",
            "    raise",
        ]
        text = f"def call({', '.join(head)}):\n" + "".join(f"    {line}\n" for line in body)
        call: Entry = load(
            text,
            "dispatch",
            {
                "_s2s_missing": MISSING,
                "_s2s_function": self.function,
                "_s2s_code": self.code,
                "_s2s_stale": self._stale,
                "_s2s_default": self._default,
                "_s2s_ndarray": np.ndarray,
                "_s2s_float": float,
                "_s2s_int": int,
                "_s2s_key": key_of,
                "_s2s_tree": key_of_tree,
                "_s2s_get": self.table.get,
                "_s2s_miss": self._miss,
                "_s2s_explain": explain,
            },
        )["call"]
        return call

    def _default(self, name: str) -> Anything:
        """The default as the primal has it now."""
        p = self.parameters[name]
        wrapped = hasattr(self.function, "__wrapped__")  # by a decorator: the parameters are its
        if wrapped or not isinstance(self.function, types.FunctionType):
            return p.default
        if p.kind is p.KEYWORD_ONLY:
            return (self.function.__kwdefaults__ or {})[name]
        count = self.code.co_argcount if self.code is not None else 0
        return (self.function.__defaults__ or ())[self.names.index(name) - count]

    def _stale(self, arguments: tuple[Anything, ...]) -> Anything:
        """The primal's code was replaced (a notebook reloads modules so): begin again."""
        args, kwargs = self.as_call(
            [(p, v) for p, v in zip(self.parameters.values(), arguments) if v is not MISSING]
        )
        with self.lock:
            renewed = self.renewed
            if renewed is None or renewed.code is not self.function.__code__:
                renewed = self.renewed = Dispatcher(
                    self.function, self.mode, self.wrt, self.finish, self.bound, self.several
                )
                self.table.clear()
        return renewed.wrapper(*args, **kwargs)

    @staticmethod
    def as_call(
        pairs: list[tuple[inspect.Parameter, Anything]],
    ) -> tuple[list[Anything], dict[str, Anything]]:
        """Positional and keyword arguments that give these parameters these values."""
        args: list[Anything] = []
        kwargs: dict[str, Anything] = {}
        for p, v in pairs:
            if p.kind is p.VAR_POSITIONAL:
                args.extend(v)
            elif p.kind is p.VAR_KEYWORD:
                kwargs.update(v)
            elif p.kind is p.KEYWORD_ONLY:
                kwargs[p.name] = v
            else:
                args.append(v)
        return args, kwargs

    # A first call with a signature ----------------------------------------------------------------

    def _miss(self, key: Anything, arguments: tuple[Anything, ...]) -> Entry:
        with self.lock:
            entry = self.table.get(key)
            if entry is None:
                entry = self.specialise(arguments, ())
                while len(self.table) >= LIMIT:
                    del self.table[next(iter(self.table))]
                self.table[key] = entry
            return entry

    def specialise(
        self,
        arguments: tuple[Anything, ...],
        by_value: tuple[int, ...],
        made: list[tuple[tuple[Guard, ...], Entry]] | None = None,
    ) -> Entry:
        """The entry for these arguments; those at `by_value` are taken as constants. `made` are
        the entries for the same signature whose guards failed."""
        from s2s_ad.ir.build import NotStatic

        prepared, change = self.prepare(arguments)
        try:
            signature = self.signature(prepared, by_value)
            signature.promoted = {
                n: of_tree(x, n) for n, x, c in zip(self.names, arguments, change) if c
            }
            variant = self.derive(signature)
            self.warn(arguments, change)
        except NotStatic as error:
            hint = error.value.hint
            if hint not in self.names or self.names.index(hint) in (*by_value, *self.wrt):
                raise
            value_key(arguments[self.names.index(hint)])  # refuses what cannot be static
            return self._by_value((*by_value, self.names.index(hint)))
        known = [] if made is None else made

        def again(arguments: tuple[Anything, ...]) -> Anything:
            for guards, entry in known:
                if all(guard(arguments) for guard in guards):
                    return entry(*arguments)
            with self.lock:
                found = self.specialise(arguments, by_value, known)
            return found(*arguments)

        variant.again = again
        variant.keep = kept(arguments)
        entry = self.finish(self, variant, change)
        known.insert(0, (variant.guards, entry))
        del known[16:]
        return entry

    def prepare(self, arguments: tuple[Anything, ...]) -> tuple[tuple[Anything, ...], list[bool]]:
        """The arguments with those in `wrt` promoted to floats; which of them are."""
        prepared = list(arguments)
        change = [False] * len(prepared)
        for i in self.wrt:
            prepared[i] = promoted(arguments[i], self.names[i])
            change[i] = prepared[i] is not arguments[i]
        return tuple(prepared), change

    def warn(self, arguments: tuple[Anything, ...], change: list[bool]) -> None:
        """Say, once, that an array of integers is taken as floats."""
        for name, x, changed in zip(self.names, arguments, change):
            if changed and isinstance(x, np.ndarray) and not self.warned:
                self.warned = True
                warnings.warn(
                    f"{name} is an array of {x.dtype}: "
                    "its derivative is taken at, and returned as, float64",
                    IntegerWarning,
                    stacklevel=6,
                )

    def signature(self, arguments: tuple[Anything, ...], by_value: tuple[int, ...]) -> Signature:
        """What the pipeline is told about these arguments."""
        found: dict[str, Type] = {}
        static: dict[str, Anything] = {}
        for i, (name, x) in enumerate(zip(self.names, arguments)):
            if self.bound and i == 0:
                static[name] = x
                continue
            found[name] = of_tree(x, name) if i in self.wrt else of_value(x, name)
            if i in by_value or is_static(x) and i not in self.wrt:
                static[name] = x
        return Signature(found, static, given=dict(zip(self.names, arguments)))

    def derive(self, signature: Signature) -> Variant:
        """Ask the pipeline, load what it wrote."""
        derived = self.emit(signature)
        namespace = load(derived.text, derived.name, derived.bindings, derived.places)
        return Variant(derived, namespace, signature.types)

    def emit(self, signature: Signature) -> Anything:
        """The pipeline, imported when it is first needed: `import s2s_ad` stays quick."""
        from s2s_ad import pipeline

        try:
            return pipeline.derive(self.function, self.mode, self.wrt, signature, self.several)
        except InternalError:
            raise
        except S2SError as error:
            # What is refused is the user's to change: the way through s2s_ad says nothing.
            raise error.with_traceback(None) from None

    def _by_value(self, static: tuple[int, ...]) -> Entry:
        """An entry that looks further, by the values of some arguments."""
        table: dict[Anything, Entry] = {}

        def entry(*arguments: Anything) -> Anything:
            key = tuple([value_key(arguments[i]) for i in static])
            found = table.get(key)
            if found is None:
                with self.lock:
                    found = table.get(key)
                    if found is None:
                        found = self.specialise(arguments, static)
                        while len(table) >= LIMIT:
                            del table[next(iter(table))]
                        table[key] = found
            return found(*arguments)

        return entry

    def source(self, found: dict[str, Type], values: dict[str, Anything]) -> str:
        """The text for a signature given in words; values serve what must be static."""
        from s2s_ad.ir.build import NotStatic

        static = {n: v for n, v in values.items() if is_static(v)}
        change: dict[str, Type] = {}
        for i in self.wrt:
            name = self.names[i]
            static.pop(name, None)
            if name in values:
                value = promoted(values[name], name)
                if value is not values[name]:
                    found = {**found, name: of_tree(value, name)}
                    change[name] = of_tree(values[name], name)
                elif has_objects(value):
                    found = {**found, name: of_tree(value, name)}
        while True:
            try:
                return str(self.emit(Signature(found, static, change, values)).text)
            except NotStatic as error:
                hint = error.value.hint
                if hint not in values or hint in static or self.names.index(hint) in self.wrt:
                    raise
                static[hint] = values[hint]
