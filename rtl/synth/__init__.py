"""Synthesis, placement and routing: areas and frequencies."""
