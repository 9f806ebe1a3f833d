"""Recordings of a plastic layer in the toolkit's own format."""
