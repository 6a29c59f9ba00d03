"""Diffraction data: patterns, whole-pattern fits, structure factors, figures of merit."""
