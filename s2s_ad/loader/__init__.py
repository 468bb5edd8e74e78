"""Generated text becomes functions: compile, execute, register with linecache."""

from s2s_ad.loader.load import filename_of, load

__all__ = ["filename_of", "load"]
