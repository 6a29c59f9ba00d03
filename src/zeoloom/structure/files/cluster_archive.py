"""Cluster files: a ClusterSet as one compressed `.npz`, the same bytes for the same clusters.

| key | dtype, shape | what |
|---|---|---|
| format | str | "zeoloom-clusters/1" |
| cart_t | float32 (M, 3) | Å, relative to the central atom, the first row of each cluster |
| offsets | int64 (C + 1,) | cluster i owns rows offsets[i]:offsets[i + 1] |
| names, sites | str (C,) | framework and label of the central atom |
| multiplicities | int64 (C,) | T atoms of the conventional cell that share the site |
| radius | float64 | Å |
"""

from __future__ import annotations

import io
import zipfile
import zlib
from pathlib import Path

import numpy as np

from zeoloom.errors import InputError
from zeoloom.structure.files.atomic import write_atomically
from zeoloom.structure.records import ClusterSet

CLUSTER_FORMAT = "zeoloom-clusters/1"
KEYS = ("format", "cart_t", "offsets", "names", "sites", "multiplicities", "radius")
EPOCH = (1980, 1, 1, 0, 0, 0)  # the zero of zip time stamps


def save_clusters(path: str | Path, clusters: ClusterSet) -> None:
    """Write a cluster file, complete or not at all.

    The bytes depend on the clusters alone, so the file's sha256 is the hash of the data.
    """
    arrays = {
        "format": np.array(CLUSTER_FORMAT),
        "cart_t": clusters.cart_t.astype("<f4"),
        "offsets": clusters.offsets.astype("<i8"),
        "names": np.array(clusters.names, dtype=np.str_),
        "sites": np.array(clusters.sites, dtype=np.str_),
        "multiplicities": clusters.multiplicities.astype("<i8"),
        "radius": np.array(clusters.radius, dtype="<f8"),
    }

    def write(part: Path) -> None:
        # numpy.savez stamps the time of day on each member; written here with a fixed one
        with zipfile.ZipFile(part, "w") as archive:
            for key in KEYS:
                member = zipfile.ZipInfo(f"{key}.npy", EPOCH)
                member.compress_type = zipfile.ZIP_DEFLATED
                buffer = io.BytesIO()
                np.lib.format.write_array(buffer, arrays[key], allow_pickle=False)
                archive.writestr(member, buffer.getvalue(), compresslevel=6)

    write_atomically(Path(path), write)


def load_clusters(path: str | Path) -> ClusterSet:
    """Read a cluster file.

    Raises:
        InputError: if the file is missing, is no cluster file, or is damaged.
    """
    advice = "`zeoloom cut -o FILE.npz` writes cluster files"
    try:
        content = io.BytesIO(Path(path).read_bytes())
        with np.load(content, allow_pickle=False) as archive:
            arrays = {key: archive[key] for key in KEYS if key in archive}
    except FileNotFoundError as error:
        raise InputError(f"{path}: no such file; {advice}") from error
    except (OSError, ValueError, EOFError, TypeError, zipfile.BadZipFile, zlib.error) as error:
        raise InputError(f"{path}: no readable cluster file ({error}); {advice}") from error
    found = str(arrays.get("format", "none"))
    if found != CLUSTER_FORMAT or len(arrays) != len(KEYS):
        raise InputError(
            f"{path}: format '{found}', expected '{CLUSTER_FORMAT}' with its keys; {advice}"
        )
    clusters = ClusterSet(
        cart_t=arrays["cart_t"].astype(np.float64),
        offsets=arrays["offsets"].astype(np.int64),
        names=tuple(arrays["names"].tolist()),
        sites=tuple(arrays["sites"].tolist()),
        multiplicities=arrays["multiplicities"].astype(np.int64),
        radius=float(arrays["radius"]),
    )
    _check(path, clusters)
    return clusters


def _check(path: str | Path, clusters: ClusterSet) -> None:
    """Raise InputError unless the arrays fit one another."""
    count = len(clusters.names)
    offsets = clusters.offsets
    fits = (
        clusters.cart_t.ndim == 2
        and clusters.cart_t.shape[1] == 3
        and np.isfinite(clusters.cart_t).all()
        and offsets.shape == (count + 1,)
        and offsets[0] == 0
        and offsets[-1] == len(clusters.cart_t)
        and (np.diff(offsets) > 0).all()
        and len(clusters.sites) == count
        and clusters.multiplicities.shape == (count,)
    )
    if not fits:
        raise InputError(f"{path}: the arrays do not fit one another; cut the clusters again")
