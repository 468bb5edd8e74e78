"""Simplification: small passes, each `Function -> Function`, in place.

Importing this package makes the identities of `algebra` act wherever derivative code is written.
"""

from s2s_ad.passes import algebra as _algebra  # noqa: F401  (it registers its rules)
