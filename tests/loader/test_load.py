"""Generated text becomes functions that tools can show."""

import inspect
import linecache
import traceback

from s2s_ad.loader import filename_of, load

TEXT = "def f_grad(x):\n    scale = 2.0\n    return scale * x + K\n"


def test_bindings_and_fresh_namespaces():
    first = load(TEXT, "f_grad", {"K": 1.0})
    second = load(TEXT, "f_grad", {"K": 2.0})
    assert first["f_grad"](3.0) == 7.0
    assert second["f_grad"](3.0) == 8.0
    assert first["f_grad"].__code__ is second["f_grad"].__code__


def test_getsource_also_after_caches_were_checked():
    function = load(TEXT, "f_grad", {"K": 0.0})["f_grad"]
    linecache.checkcache()
    assert inspect.getsource(function) == TEXT


def test_traceback_shows_the_generated_line():
    function = load(TEXT, "f_grad", {"K": "no number"})["f_grad"]
    try:
        function(1.0)
    except TypeError:
        shown = traceback.format_exc()
    assert "return scale * x + K" in shown


def test_file_names_are_stable():
    assert filename_of(TEXT, "f_grad") == filename_of(TEXT, "f_grad")
    assert filename_of(TEXT, "f_grad") != filename_of(TEXT + "\n", "f_grad")
    assert filename_of(TEXT, "f_grad").startswith("<s2s_ad f_grad ")
