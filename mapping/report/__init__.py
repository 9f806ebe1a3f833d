"""Mappings as numbers, pictures and pages."""
