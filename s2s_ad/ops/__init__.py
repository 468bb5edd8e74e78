"""Primitives, one family a file: operation, type rule and derivative together.

Importing this package fills the table of primitives.
"""

from s2s_ad.ops import arithmetic as arithmetic
from s2s_ad.ops import buffers as buffers
from s2s_ad.ops import choices as choices
from s2s_ad.ops import conversion as conversion
from s2s_ad.ops import copies as copies
from s2s_ad.ops import creation as creation
from s2s_ad.ops import cumulations as cumulations
from s2s_ad.ops import custom as custom
from s2s_ad.ops import diagonals as diagonals
from s2s_ad.ops import einsum as einsum
from s2s_ad.ops import elementwise as elementwise
from s2s_ad.ops import flips as flips
from s2s_ad.ops import indexing as indexing
from s2s_ad.ops import joining as joining
from s2s_ad.ops import linalg as linalg
from s2s_ad.ops import lists as lists
from s2s_ad.ops import literals as literals
from s2s_ad.ops import norm as norm
from s2s_ad.ops import opaque as opaque
from s2s_ad.ops import ordering as ordering
from s2s_ad.ops import products as products
from s2s_ad.ops import python_math as python_math
from s2s_ad.ops import reductions as reductions
from s2s_ad.ops import shaping as shaping
from s2s_ad.ops import slots as slots
from s2s_ad.ops import splitting as splitting
from s2s_ad.ops import structure as structure
from s2s_ad.ops import tapes as tapes
