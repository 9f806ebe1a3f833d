"""Mapped networks, run: cores, mesh, cycles and energy."""
