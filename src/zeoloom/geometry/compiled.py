"""The decorator of all compiled functions."""

from __future__ import annotations

import numba

compiled = numba.njit(cache=True, error_model="numpy")
"""Division by zero gives inf, as in arrays, and needs no test."""
