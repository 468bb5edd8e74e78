"""Everything that can be raised, with the place in the user's source where it arose."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Location:
    """A place in the primal's source: `line` counts from 1, `column` from 0."""

    file: str
    line: int
    column: int
    end_column: int
    text: str  # the source line, unindented text kept as written
    function: str = ""  # the name of the function it stands in

    def show(self) -> str:
        """The source line with a caret under the construct."""
        width = max(1, min(self.end_column, len(self.text)) - self.column)
        return f"{self.text}\n{' ' * self.column}{'^' * width}"


class S2SError(Exception):
    """Base of every error of s2s_ad. `location` is where in the primal, or None."""

    code = "error"  # the kind, in the output of lint
    retried = False  # whether it may make the front end try in another way

    def __init__(self, message: str, advice: str = "", location: Location | None = None) -> None:
        self.message = message
        self.advice = advice
        self.location = location
        self.caller: Location | None = None  # the call that led to another file
        super().__init__(self.describe())

    def describe(self) -> str:
        """What, where, and what to write instead."""
        lines = []
        if self.location is not None:
            place = self.location
            lines.append(f"{place.file}:{place.line}:{place.column + 1}: {self.message}")
            lines.extend("    " + line for line in place.show().splitlines())
        else:
            lines.append(self.message)
        if self.caller is not None:
            lines.append(f"called from {self.caller.file}:{self.caller.line}:")
            lines.extend("    " + line for line in self.caller.show().splitlines())
        if self.advice:
            lines.append(self.advice)
        return "\n".join(lines)

    def at(self, location: Location | None) -> S2SError:
        """The same error with a location, where it has none yet; where it arose in another file,
        with the outermost call that led there."""
        if location is None:
            return self
        if self.location is None:
            self.location = location
        elif location.file not in (self.location.file, getattr(self.caller, "file", None)):
            self.caller = location
        self.args = (self.describe(),)
        return self


class UnsupportedError(S2SError):
    """The primal uses something that is refused; `advice` says what to write instead."""

    code = "unsupported"


class DerivativeTypeError(S2SError, TypeError):
    """A derivative was asked for with respect to, or of, something that has none."""

    code = "type"


class SourceNotFoundError(S2SError):
    """The function's source text cannot be found, or no longer matches its code."""

    code = "source"


class InternalError(S2SError):
    """A broken invariant of s2s_ad itself: the verifier or a checker found a fault."""

    code = "internal"
