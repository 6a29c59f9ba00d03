"""Sites of known types, and the sizes of their orbits."""

from __future__ import annotations

from zeoloom.search.candidates import Site, site_of
from zeoloom.search.strain import gather
from zeoloom.structure.reference import load_reference


def sizes_of(code: str) -> list[int]:
    """Atoms of each orbit of a known type."""
    framework = load_reference()[code]
    multiplicity = gather(framework.frac_t, site_of(framework, 1).group)[2]
    return [int(size) for size in multiplicity]


def sites_for(code: str, n: int, spare: int = 0) -> list[Site]:
    """Places for as many atoms and orbits as a known type has."""
    framework = load_reference()[code]
    n_t, unique = sum(sizes_of(code)), len(framework.frac_t)
    site = site_of(framework, unique + spare, n_t=(n_t, n_t), n_t_unique=(unique, unique))
    return [site] * n
