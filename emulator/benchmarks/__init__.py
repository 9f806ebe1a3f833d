"""Measurements of time and memory, beside peers."""
