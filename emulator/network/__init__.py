"""The network model, its files, and its simulation."""
