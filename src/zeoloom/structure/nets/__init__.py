"""Periodic nets: the graph of T atoms and bonds of a framework, its invariants and its identity."""
