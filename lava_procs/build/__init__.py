"""Layers and their runs, put together from the processes."""
