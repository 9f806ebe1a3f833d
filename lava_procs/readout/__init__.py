"""Spike counts and the classes that they stand for."""
