"""Clouds to write and read."""

from __future__ import annotations

import numpy as np

from zeoloom.structure.records import CloudSet, Trajectory


def some_clouds(trajectory: bool = True) -> CloudSet:
    rng = np.random.default_rng(7)
    points = rng.normal(0, 3, (24, 3)).astype(np.float32)
    path = Trajectory(rng.normal(size=(5, 9, 3)).astype(np.float32), np.geomspace(3, 0.05, 5), 1)
    return CloudSet(
        points, np.array([0, 8, 17, 24]), np.zeros((3, 1, 3)), 7.0, path if trajectory else None
    )
