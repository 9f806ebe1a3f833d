"""The mapper beside peers on generated networks."""
