"""Constants that compiled functions pass to one another.

Numba compiles a function anew for each literal that another compiled function passes to it. These
constants are values of NumPy, which it treats as any other value.
"""

from __future__ import annotations

from typing import cast

import numpy as np


def whole_constant(value: int) -> int:
    """A whole number that is no literal in compiled code."""
    return cast("int", np.int64(value))
