"""Benches, proofs, coverage and mutants, and comparisons with the emulator."""
