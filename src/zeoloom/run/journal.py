"""The journal of a run: what is finished, one line of JSON each, with arrays in it.

A line is only ever added at the end, so an interrupted run has lost nothing but what was in hand. A
line that a kill cut short is no JSON and does not count. Arrays keep every bit:

    {"step": "batch", "name": "0", "seconds": 1.5, "result": {"points": {"array": "AACAPw==",
     "dtype": "<f4", "shape": [1]}}}
"""

from __future__ import annotations

import base64
import json
from collections import defaultdict
from typing import TYPE_CHECKING, Any

import numpy as np

from zeoloom.errors import InputError

if TYPE_CHECKING:
    from pathlib import Path


class Journal:
    """Results by step and name, kept in a file of JSON lines.

    Attributes:
        path: the file; made when the first line is written.
    """

    path: Path

    def __init__(self, path: Path) -> None:
        self.path = path
        self._results: dict[tuple[str, str], Any] = {}
        self._seconds: dict[str, float] = defaultdict(float)
        if path.exists():
            for line in path.read_text(encoding="utf-8", errors="replace").split("\n"):
                self._read(line)

    def _read(self, line: str) -> None:
        """Take up a line; one that was cut short does not count."""
        try:
            entry = json.loads(line, object_hook=_decoded)
            self._results[entry["step"], entry["name"]] = entry["result"]
            self._seconds[entry["step"]] += entry["seconds"]
        except (ValueError, KeyError, TypeError):
            return

    def result(self, step: str, name: str) -> Any:
        """What a step gave for a name, or None if it was not done."""
        return self._results.get((step, name))

    def names(self, step: str) -> list[str]:
        """What went through a step."""
        return [name for kind, name in self._results if kind == step]

    def seconds(self, step: str) -> float:
        """Time spent on a step, over all interruptions and all processes."""
        return self._seconds[step]

    def add(self, step: str, name: str, result: Any, seconds: float) -> None:
        """Write down the result of a step, and how long it took.

        Args:
            step: which.
            name: of what went through it.
            result: JSON values and arrays; not None.
            seconds: that it took.

        Raises:
            InputError: if the place cannot be written to.
        """
        self._results[step, name] = result
        self._seconds[step] += seconds
        entry = {"step": step, "name": name, "seconds": seconds, "result": result}
        # begins with the end of a line, should the last one have been cut short
        text = f"\n{json.dumps(entry, default=_encoded)}\n"
        try:
            self.path.parent.mkdir(parents=True, exist_ok=True)
            with self.path.open("ab", buffering=0) as stream:
                left = memoryview(text.encode("utf-8"))
                while left:  # where a disk is nearly full less is written, and the next try fails
                    left = left[stream.write(left) :]
        except OSError as error:
            raise InputError(f"cannot write {self.path}: {error.strerror or error}") from error


def _encoded(array: Any) -> dict[str, Any]:
    """An array as JSON values; whatever else is no JSON is refused."""
    if not isinstance(array, np.ndarray) or array.dtype.hasobject:
        raise TypeError(f"{type(array).__name__} is neither a JSON value nor an array")
    return {
        "array": base64.b64encode(array.tobytes()).decode("ascii"),
        "dtype": array.dtype.str,
        "shape": array.shape,
    }


def _decoded(values: dict[str, Any]) -> Any:
    """The array that was written as these values, or the values themselves."""
    if values.keys() != {"array", "dtype", "shape"}:
        return values
    content = np.frombuffer(base64.b64decode(values["array"]), dtype=values["dtype"])
    return content.reshape(values["shape"]).copy()
