"""A whole digits network as one process."""
