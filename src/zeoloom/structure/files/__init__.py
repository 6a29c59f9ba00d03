"""Files: the only place that knows CIF and ASE."""
