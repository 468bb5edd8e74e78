"""Compile generated text and run it in a namespace of its own.

The text is registered with `linecache` under a name made of the function's name and a digest of
the text, so tracebacks, `inspect.getsource`, debuggers and profilers show the generated lines.
"""

from __future__ import annotations

import hashlib
import linecache
from collections.abc import Mapping
from types import CodeType
from typing import Any as Anything

from s2s_ad.loader.tracebacks import PLACES, Places

_compiled: dict[str, CodeType] = {}  # file name -> code; the name contains a digest of the text


def filename_of(text: str, name: str) -> str:
    """The stable file name under which a generated text is known."""
    digest = hashlib.sha256(text.encode()).hexdigest()[:16]
    return f"<s2s_ad {name} {digest}>"


def load(
    text: str,
    name: str,
    bindings: Mapping[str, Anything] | None = None,
    places: Places = (),
) -> dict[str, Anything]:
    """Execute a generated module and return its namespace.

    `name` is that of its main function, `bindings` are put into the namespace first. Each call
    gives a fresh namespace; the compiled code is shared between calls with the same text, the
    `places` in the primal from which it came are the module's own.

    >>> load("def f_grad(x):\\n    return 2.0 * x\\n", "f_grad")["f_grad"](3.0)
    6.0
    """
    filename = filename_of(text, name)
    code = _compiled.get(filename)
    if code is None:
        code = compile(text, filename, "exec", dont_inherit=True)
        _compiled[filename] = code
    if filename not in linecache.cache:
        # No modification time: linecache.checkcache then leaves the entry alone.
        linecache.cache[filename] = (len(text), None, text.splitlines(keepends=True), filename)
    namespace: dict[str, Anything] = {
        "__name__": f"s2s_ad.generated.{name}",
        "__file__": filename,
    }
    namespace.update(bindings or {})
    if places:
        namespace[PLACES] = places
    exec(code, namespace)
    return namespace
