"""Derivatives of Python/NumPy functions as Python source that reads as if written by hand."""

from s2s_ad.api import grad, jvp, source, value_and_grad, vjp
from s2s_ad.custom import custom_jvp, custom_vjp, stop_gradient
from s2s_ad.differentiable import Differentiable, differentiate
from s2s_ad.dispatch import IntegerWarning
from s2s_ad.errors import (
    DerivativeTypeError,
    InternalError,
    S2SError,
    SourceNotFoundError,
    UnsupportedError,
)

__version__ = "0.1.0"

__all__ = [
    "DerivativeTypeError",
    "Differentiable",
    "IntegerWarning",
    "InternalError",
    "S2SError",
    "SourceNotFoundError",
    "UnsupportedError",
    "custom_jvp",
    "custom_vjp",
    "differentiate",
    "grad",
    "jvp",
    "source",
    "stop_gradient",
    "value_and_grad",
    "vjp",
]
