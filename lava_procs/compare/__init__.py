"""Lava beside the emulator, and beside its own learning engine."""
