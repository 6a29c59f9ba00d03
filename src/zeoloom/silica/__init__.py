"""Silica: oxygen between the T atoms, and the geometry a framework has as SiO2."""
