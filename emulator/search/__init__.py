"""Searches for parameters, and sweeps over widths and roundings."""
