"""Refusals that are collected instead of raised, so that a lint finds all of them in one go.

While `collecting` is under way, the front end and the transforms note a refusal and go on: an
expression that is refused has a value of the type POISON, of which nothing is known and which
everything made of it has too. What fails because of such a value is a consequence and is not
noted. Otherwise, which is always but in a lint, a refusal is an exception.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass, field

from s2s_ad.errors import InternalError, Location, S2SError


@dataclass(eq=False)
class Refusals:
    """What was refused so far. `touched` counts the values met that are refused."""

    found: list[S2SError] = field(default_factory=list)
    touched: int = 0
    final: set[Location | None] = field(default_factory=set)  # see S2SError.retried
    looked: set[object] = field(default_factory=set)  # refused statements whose blocks were seen

    def take(self, error: S2SError, before: int | None = None) -> bool:
        """Whether one goes on after this error. It is noted, unless a refused value was met since
        `touched` was `before`: then that is why."""
        if isinstance(error, InternalError):
            return False
        if error.retried and error.location not in self.final:
            return False
        if before is None or before == self.touched:
            self.note(error)
        self.touched += 1
        return True

    def note(self, error: S2SError) -> None:
        """Note a refusal, each place once."""
        if error.location is None or all(e.location != error.location for e in self.found):
            self.found.append(error)

    def finish(self, error: S2SError) -> bool:
        """Take an error that nobody took; whether the lowering is to be tried again."""
        if error.retried and error.location not in self.final:
            self.final.add(error.location)
            return True
        self.note(error)
        return False


_refusals: ContextVar[Refusals | None] = ContextVar("refusals", default=None)


def refusals() -> Refusals | None:
    """Where refusals are collected, in a lint."""
    return _refusals.get()


@contextmanager
def collecting() -> Iterator[Refusals]:
    """Collect what is refused."""
    found = Refusals()
    token = _refusals.set(found)
    try:
        yield found
    finally:
        _refusals.reset(token)


@contextmanager
def raising() -> Iterator[None]:
    """Raise what is refused, also in a lint: it decides what is tried next."""
    token = _refusals.set(None)
    try:
        yield
    finally:
        _refusals.reset(token)


def report(error: S2SError) -> None:
    """Raise a refusal, or note it and go on."""
    found = refusals()
    if found is None or not found.take(error):
        raise error
