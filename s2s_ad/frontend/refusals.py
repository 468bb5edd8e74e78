"""The constructs of Python that are refused, and what to write instead."""

from __future__ import annotations

REFUSED: dict[str, tuple[str, str]] = {
    "SetComp": ("set comprehensions are not supported", "write a loop"),
    "Set": ("sets are not supported: their order is arbitrary", "use a tuple"),
    "Await": ("await is not supported", "differentiate a plain function"),
    "Yield": ("generators are not supported", "return the values instead"),
    "YieldFrom": ("generators are not supported", "return the values instead"),
    "Starred": ("a starred expression is not supported here", "write the items out"),
    "Nonlocal": ("nonlocal is not supported", "return the value instead"),
    "TryStar": ("except* is not supported", "use except"),
    "ClassDef": ("a class inside a function is not supported", "define it outside"),
    "AsyncFor": ("async is not supported", "use a plain for loop"),
    "AsyncWith": ("async is not supported", "use a plain function"),
    "AsyncFunctionDef": ("async is not supported", "use a plain function"),
    "TypeAlias": ("type statements inside a function are not supported", "write it outside"),
    "TemplateStr": ("template strings are not supported", "use an f-string"),
}
