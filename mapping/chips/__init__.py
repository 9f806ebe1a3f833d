"""Descriptions of chips."""
