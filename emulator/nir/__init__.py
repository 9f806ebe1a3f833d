"""Graphs of other tools (NIR, Pedersen et al. 2024): read, run in float, and made integers that this toolkit runs."""
