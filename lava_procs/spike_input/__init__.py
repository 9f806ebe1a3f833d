"""Spikes played from arrays."""
