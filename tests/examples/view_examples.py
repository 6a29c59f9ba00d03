"""Clouds to look at, shared by the tests of the views."""

from __future__ import annotations

import numpy as np

from zeoloom.structure.records import Atoms, CloudSet, Trajectory


def diamond_cluster(radius: float = 7.0) -> np.ndarray:
    """Atoms of a diamond net with bonds of 3.1 Å, by distance from the one at the origin."""
    steps = np.array(np.meshgrid(*[np.arange(-4, 5)] * 3)).reshape(3, -1).T
    corners = np.array([[0, 0, 0], [0, 2, 2], [2, 0, 2], [2, 2, 0]])
    sites = np.concatenate([corners, corners + 1])
    cart = (4 * steps[:, None] + sites).reshape(-1, 3) * 3.1 / np.sqrt(3)
    cart = cart[np.linalg.norm(cart, axis=1) <= radius]
    return cart[np.argsort(np.linalg.norm(cart, axis=1), kind="stable")]


def some_clouds() -> tuple[CloudSet, list[Atoms]]:
    """Three clouds of 60 points, the second with its trajectory."""
    rng = np.random.default_rng(5)
    cart = diamond_cluster()
    clouds, atoms = [], []
    for _ in range(3):
        owner = np.concatenate([np.arange(len(cart)), rng.integers(0, len(cart), 60 - len(cart))])
        clouds.append(cart[owner] + rng.normal(0, 0.05, (60, 3)))
        atoms.append(Atoms(cart, np.bincount(owner)))
    noise = rng.normal(size=(60, 3))
    sigmas = np.geomspace(3.0, 0.05, 101)
    frames = (clouds[1] + sigmas[:, None, None] * noise).astype(np.float32)
    points = np.concatenate(clouds).astype(np.float32)
    offsets = np.array([0, 60, 120, 180])
    return CloudSet(points, offsets, np.zeros((3, 1, 3)), 7.0, Trajectory(frames, sigmas, 1)), atoms
