"""The command `s2s-ad`: print the derivative of a function in a file or a module, or list what in
it is not differentiable.

s2s-ad grad model.py:loss --wrt w,b --like "x=f8[n,m]" -o loss_grad.py
s2s-ad lint model.py
"""

from __future__ import annotations

import argparse
import importlib
import importlib.machinery
import importlib.util
import json
import os
import sys
import traceback
from functools import partial
from pathlib import Path
from typing import Any as Anything

from s2s_ad.api import MODES, source
from s2s_ad.errors import InternalError, S2SError

LINT = """\
List everything in a function, or in every function of a file, that is not differentiable: the
place, the source line, what is refused and what to write instead; then the number of refusals.
Types come from annotations, defaults and --like, as for the other commands; without them anything
may be passed, and more is refused. What only follows from a refusal is not listed. In a whole file
every function is looked at that has a parameter which may carry a derivative; of `self` in methods
nothing is known, and nothing said."""

LINT_OUTPUT = """\
exit status:
  0  nothing is refused
  1  something is refused
  2  a mistake on the command line, or the file cannot be imported

--format json prints one object:
  schema       1; grows only if a field changes its meaning
  functions    the names of the functions that were looked at
  count        the number of refusals
  refusals     a list, in the order of the text, of objects with the fields
    file, line, column, end_column
                 the place; line and column count from 1, end_column is the first one after it
    source       the text of that line
    function     the function whose text it is
    code         "unsupported" (a construct that is refused), "not-static" (an axis or the like
                 that must be known), "type" (nothing to differentiate), "source" (no source text)
    message      what is refused
    advice       what to write instead
    called_from  the call that led to another file, as an object of the same five fields, or null
  A place that is not known has null in all fields.

examples:
  s2s-ad lint model.py
  s2s-ad lint model.py:loss --wrt w --like "x=f8[n,m]"
  s2s-ad lint package.module:loss --format json
"""

HELP = {
    "jvp": "value and tangent: f_jvp(<parameters>, <tangents>)",
    "vjp": "value and gradient: f_vjp(<parameters>, out_bar)",
    "grad": "the gradient alone: f_grad(<parameters>)",
    "ssa": "the intermediate form of the function itself",
}


class CommandError(Exception):
    """A mistake on the command line or in the user's file, with what to print."""


def parser() -> argparse.ArgumentParser:
    """The command line."""
    top = argparse.ArgumentParser(
        prog="s2s-ad", description="Print the derivative of a Python function as Python source."
    )
    from s2s_ad import __version__

    top.add_argument("--version", action="version", version=f"s2s-ad {__version__}")
    modes = top.add_subparsers(dest="mode", required=True, metavar="|".join([*MODES, "lint"]))
    for mode in MODES:
        sub = modes.add_parser(mode, help=HELP[mode], description=HELP[mode])
        sub.add_argument("target", metavar="FILE.py:FUNC", help="or package.module:func")
        sub.add_argument(
            "--wrt", metavar="x,w", help="names or positions of parameters (default: the first)"
        )
        sub.add_argument(
            "--like",
            metavar='"x=f8[n,m]"',
            action="append",
            default=[],
            help="what an argument is; may be repeated",
        )
        sub.add_argument("-o", "--output", metavar="FILE", help="write there, not to stdout")
        sub.add_argument(
            "--color",
            choices=("auto", "always", "never"),
            default="auto",
            help="auto: on a terminal",
        )
    lint = modes.add_parser(
        "lint",
        help="list everything that is not differentiable",
        description=LINT,
        epilog=LINT_OUTPUT,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    lint.add_argument("target", metavar="FILE.py[:FUNC]", help="or package.module[:func]")
    lint.add_argument(
        "--wrt", metavar="x,w", help="names or positions (default: all that may carry a derivative)"
    )
    lint.add_argument(
        "--like", metavar='"x=f8[n,m]"', action="append", default=[], help="what an argument is"
    )
    lint.add_argument("--format", choices=("text", "json"), default="text", help="default: text")
    return top


def load_target(target: str) -> Anything:
    """The function that `FILE.py:func`, `package.module:func` or `...:Class.method` names."""
    place, colon, name = target.rpartition(":")
    if not colon or not place or not name:
        raise CommandError(f"{target!r}: write FILE.py:function or package.module:function")
    found = _module(place)
    for part in name.split("."):
        if not hasattr(found, part):
            raise CommandError(f"{place} has no function {name!r}{_near(found, part)}")
        found = getattr(found, part)
    if not callable(found):
        raise CommandError(f"{target}: {name} is not a function, but {type(found).__name__}")
    return found


def _near(module: Anything, name: str) -> str:
    import difflib

    names = [n for n, v in vars(module).items() if callable(v) and not n.startswith("_")]
    close = difflib.get_close_matches(name, names, 1)
    return f"; is {close[0]!r} meant?" if close else ""


def _module(place: str) -> Anything:
    """Import a file or a module; whatever it raises becomes one message."""
    if place.endswith(".py") or "/" in place or os.sep in place:
        path = Path(place)
        if not path.exists():
            raise CommandError(f"there is no file {place}")
        if path.is_dir():
            raise CommandError(f"{place} is a directory, not a Python file")
        load = partial(_import_file, path)
        beside = str(path.resolve().parent)  # where a script finds the modules that it imports
    else:
        load = partial(importlib.import_module, place)
        beside = os.getcwd()
    sys.path.insert(0, beside)
    try:
        return load()
    except SyntaxError as error:
        raise CommandError(f"{error.filename}:{error.lineno}: syntax error: {error.msg}") from None
    except (Exception, SystemExit) as error:  # noqa: BLE001 (the user's module may raise anything)
        frame = traceback.extract_tb(error.__traceback__)[-1]
        where = "" if "importlib" in frame.filename else f" ({frame.filename}:{frame.lineno})"
        what = f"{type(error).__name__}: {error}".rstrip(": ")
        raise CommandError(f"cannot import {place}: {what}{where}") from None


def _import_file(path: Path) -> Anything:
    loader = importlib.machinery.SourceFileLoader(path.stem, str(path))
    spec = importlib.util.spec_from_file_location(path.stem, path, loader=loader)
    assert spec is not None
    module = importlib.util.module_from_spec(spec)
    sys.modules[path.stem] = module
    loader.exec_module(module)
    return module


def colored(text: str, where: str) -> str:
    """The text with colours where they are wanted and pygments is installed."""
    terminal = sys.stdout.isatty() and "NO_COLOR" not in os.environ
    if where == "never" or (where == "auto" and not terminal):
        return text
    try:
        from pygments import highlight
        from pygments.formatters import TerminalFormatter
        from pygments.lexers import PythonLexer
    except ImportError:
        if where == "auto":
            return text
        raise CommandError('colour needs pygments: python -m pip install "s2s-ad[color]"') from None
    return str(highlight(text, PythonLexer(stripnl=False), TerminalFormatter()))


def wanted(text: str | None) -> Anything:
    """`x,w` or `0,2` as `source` takes it."""
    if text is None:
        return 0
    items = [item.strip() for item in text.split(",") if item.strip()]
    if not items:
        raise CommandError(f"--wrt {text!r}: give names or positions of parameters")
    found = [int(item) if item.isdigit() else item for item in items]
    return found[0] if len(found) == 1 else tuple(found)


def run_lint(arguments: argparse.Namespace) -> int:
    """List what is refused in a function or a file; 1 if there is any."""
    from s2s_ad.lint import Report, functions_in, lint

    target = arguments.target
    place, colon, name = target.rpartition(":")
    report = Report()
    if colon and place and name and not target.endswith(".py"):
        like = ", ".join(arguments.like) if arguments.like else None
        wrt = None if arguments.wrt is None else wanted(arguments.wrt)
        report = lint(load_target(target), wrt=wrt, like=like)
    else:
        if arguments.wrt or arguments.like:
            raise CommandError("--wrt and --like need a function: write FILE.py:function")
        module = _module(target)
        found = functions_in(module, module.__file__)
        for k, (name, function) in enumerate(found.items()):
            if sys.stderr.isatty():
                print(f"\r\x1b[K{k + 1}/{len(found)} {name}", end="", file=sys.stderr, flush=True)
            report.add(name, lint(function).refusals)
        if found and sys.stderr.isatty():
            print("\r\x1b[K", end="", file=sys.stderr, flush=True)
    if arguments.format == "json":
        print(json.dumps(report.as_data(), indent=2))
    else:
        print(report.text(), end="")
    sys.stdout.flush()
    return 1 if report.refusals else 0


def run(arguments: argparse.Namespace) -> int:
    """Do what the command line says; the exit status."""
    if arguments.mode == "lint":
        return run_lint(arguments)
    function = load_target(arguments.target)
    like = ", ".join(arguments.like) if arguments.like else None
    text = source(function, arguments.mode, wrt=wanted(arguments.wrt), like=like)
    if not text.endswith("\n"):
        text += "\n"
    if arguments.output is None:
        sys.stdout.write(colored(text, arguments.color))
        sys.stdout.flush()
        return 0
    try:
        Path(arguments.output).write_text(text, encoding="utf-8")
    except OSError as error:
        raise CommandError(f"cannot write {arguments.output}: {error.strerror}") from None
    return 0


def main(argv: list[str] | None = None) -> int:
    """The entry point; the exit status is 0, 1 where `lint` found something, or 2 with a message
    on stderr."""
    arguments = parser().parse_args(argv)
    try:
        return run(arguments)
    except BrokenPipeError:
        # The reader went away (`| head`): nothing to say, and nothing left to flush.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return 0
    except InternalError:
        raise  # a fault of s2s_ad itself: the traceback is wanted
    except (CommandError, S2SError) as error:
        print(f"s2s-ad: {error}", file=sys.stderr)
        return 2


if __name__ == "__main__":
    sys.exit(main())
