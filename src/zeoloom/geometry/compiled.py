"""The decorator of all compiled functions, and where their code is kept.

Numba keeps compiled code in NUMBA_CACHE_DIR if that is set, else beside the source, else, where the
package is read-only, in the user's cache folder. Where none can be written to, functions are
compiled anew in every process.
"""

from __future__ import annotations

import hashlib
import inspect
import pickle
from typing import TYPE_CHECKING, Any, TypeVar

import numba
import numpy as np
from numba.core import types
from numba.core.dispatcher import Dispatcher

if TYPE_CHECKING:
    from collections.abc import Callable

Function = TypeVar("Function", bound="Callable[..., Any]")

NUMBA_OPTIONS: dict[str, Any] = {"error_model": "numpy", "no_cfunc_wrapper": True}
"""Division by zero gives inf, as in arrays, and needs no test. No function is called from C."""

REORDERED_SUMS = {"reassoc", "contract", "arcp", "nsz"}
"""Of `fastmath`: sums may be reordered, as in a matrix product; nan and inf stay what they are."""

NOT_KEPT = (
    "compiled code cannot be kept, as neither the package nor the user's cache folder can be "
    "written to, so every run compiles anew; set NUMBA_CACHE_DIR to a folder that can be"
)
"""What to say if not `compiled_code_is_kept`."""


def compiled(function: Function) -> Function:
    """Compile a function when it is first called, and keep the code for later processes."""
    return _compiled(function, NUMBA_OPTIONS)


def compiled_in_place(function: Function) -> Function:
    """Like `compiled`, but written into compiled callers, which takes less time to compile.

    For functions that are called in one place.
    """
    return _compiled(function, NUMBA_OPTIONS | {"inline": "always"})


def compiled_with_reordered_sums(function: Function) -> Function:
    """Like `compiled`; the compiler may reorder sums, so that it can use vector instructions."""
    return _compiled(function, NUMBA_OPTIONS | {"fastmath": REORDERED_SUMS})


def compiled_code_is_kept() -> bool:
    """Whether there is a folder for compiled code that can be written to."""
    cached: Any = compiled(compiled_code_is_kept)
    return cached.stats.cache_path is not None


def _compiled(function: Function, options: dict[str, Any]) -> Function:
    try:
        dispatcher = numba.njit(function, cache=True, **options)
    except RuntimeError:  # no folder that can be written to
        kept: Function = _for_any_value(numba.njit(function, **options))
        return kept
    # numba asks only whether the file of the function itself has changed
    file = dispatcher._cache._cache_file  # noqa: SLF001 - there is no public way
    file._source_stamp = (file._source_stamp, _fingerprint(function, options))  # noqa: SLF001 - as above
    file._load_index = _or_nothing(file._load_index)  # noqa: SLF001 - as above
    cached: Function = _for_any_value(dispatcher)
    return cached


def _for_any_value(dispatcher: Any) -> Any:
    """Let a compiled function have one specialisation, whatever constants its callers pass.

    Numba takes the value of a constant that stands in a call for a type of its own.
    """
    call_template = dispatcher.get_call_template

    def of_plain_types(args: tuple[Any, ...], kws: dict[str, Any]) -> Any:
        plain: Any = types.unliteral
        return call_template(
            tuple(map(plain, args)), {name: plain(kind) for name, kind in kws.items()}
        )

    dispatcher.get_call_template = of_plain_types
    return dispatcher


def _or_nothing(load: Callable[[], dict[Any, Any]]) -> Callable[[], dict[Any, Any]]:
    """Load an index of compiled code; an empty one if it is damaged or of an older version.

    An index holds the types of arguments, and can only be read where all of these still exist.
    """

    def loaded() -> dict[Any, Any]:
        try:
            return load()
        except (AttributeError, ImportError, EOFError, pickle.UnpicklingError):
            return {}

    return loaded


def _fingerprint(function: Callable[..., Any], options: dict[str, Any]) -> str:
    """Of what else a compiled function depends on: its options, and what its module imports.

    Imported compiled functions have such a stamp themselves; of constants, the value counts.
    """
    parts = [
        f"{name} {sorted(map(str, value))}" if isinstance(value, set) else f"{name} {value}"
        for name, value in options.items()
    ]
    for name, value in sorted(function.__globals__.items()):
        if isinstance(value, Dispatcher) and value.__module__ != function.__module__:
            parts.append(f"{name} {_stamp(value)}")
        elif inspect.isclass(value) and issubclass(value, tuple):
            parts.append(f"{name} {getattr(value, '_fields', ())}")
        elif isinstance(value, int | float | tuple | np.generic):
            parts.append(f"{name} {value}")
    return hashlib.sha256("\n".join(parts).encode()).hexdigest()


def _stamp(dispatcher: Any) -> Any:
    """What tells whether cached code of a compiled function is fresh; None if it is not cached."""
    file = getattr(dispatcher._cache, "_cache_file", None)  # noqa: SLF001 - there is no public way
    return file and file._source_stamp  # noqa: SLF001 - as above
