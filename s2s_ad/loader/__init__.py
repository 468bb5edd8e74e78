"""Generated text becomes functions: compile, execute, register with linecache."""

from s2s_ad.loader.load import filename_of, load
from s2s_ad.loader.tracebacks import explain

__all__ = ["explain", "filename_of", "load"]
