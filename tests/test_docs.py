"""What README.md and docs/ show is what happens: their code runs, their output is compared.

A ```python block runs in the namespace of its file; the ```text block after it is what it prints.
A ```console block holds `$ s2s-ad ...` commands and what they print. A block after the line
`<!-- not run -->` is left alone.

    python tests/test_docs.py --renew      # write the real output into the files
"""

import contextlib
import io
import linecache
import re
import shlex
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent
FILES = [ROOT / "README.md", *sorted((ROOT / "docs").glob("*.md"))]
BLOCK = re.compile(
    r"(?P<skip><!-- not run -->\n)?^```(?P<kind>\w+)\n(?P<text>.*?)^```$", re.M | re.S
)


def run_python(text, name, namespace):
    """Run a block; its functions must have source, as if they stood in a file."""
    linecache.cache[name] = (len(text), None, text.splitlines(keepends=True), name)
    printed = io.StringIO()
    with contextlib.redirect_stdout(printed):
        exec(compile(text, name, "exec"), namespace)
    return printed.getvalue()


def run_console(text, folder):
    """Run the commands of a block; the block as it should read."""
    shown = []
    for line in text.splitlines():
        if not line.startswith("$ "):
            continue
        shown.append(line)
        command = shlex.split(line[2:])
        if command[0] == "cat":
            shown.append((folder / command[1]).read_text().rstrip("\n"))
            continue
        assert command[0] == "s2s-ad", f"only s2s-ad and cat are run: {line}"
        done = subprocess.run(
            [sys.executable, "-m", "s2s_ad", *command[1:]],
            capture_output=True,
            text=True,
            cwd=folder,
            env={**__import__("os").environ, "PYTHONPATH": str(ROOT)},
        )
        shown.append((done.stdout + done.stderr).rstrip("\n"))
    return "\n".join(filter(None, shown)) + "\n"


def real(path, folder):
    """The file's text with the output of its code as it is now."""
    text = path.read_text()
    namespace = {"__name__": path.stem}
    pieces, end, printed = [], 0, None
    for number, match in enumerate(BLOCK.finditer(text)):
        kind, block = match["kind"], match["text"]
        now = block
        if match["skip"]:
            pass
        elif kind == "python":
            assert not printed, f"{path.name}: no ```text block shows {printed!r}"
            # A first line `# file: NAME` also writes the block to that file, for the commands.
            if block.startswith("# file: "):
                (folder / block.split("\n", 1)[0][len("# file: ") :]).write_text(block)
            printed = run_python(block, f"<{path.name} {number}>", namespace)
        elif kind == "text":
            now = printed if printed is not None else block
            printed = None
        elif kind == "console":
            now = run_console(block, folder)
        pieces += [text[end : match.start("text")], now]
        end = match.end("text")
    assert not printed, f"{path.name}: no ```text block shows {printed!r}"
    return "".join([*pieces, text[end:]])


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.name)
def test_what_the_docs_show(path, tmp_path):
    assert real(path, tmp_path) == path.read_text()


if __name__ == "__main__":
    import tempfile

    sys.path.insert(0, str(ROOT))
    for file in FILES:
        with tempfile.TemporaryDirectory() as temporary:
            renewed = real(file, Path(temporary))
        if "--renew" in sys.argv and renewed != file.read_text():
            file.write_text(renewed)
            print(f"renewed {file.name}")
