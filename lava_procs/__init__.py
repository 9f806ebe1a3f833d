"""The rule as Lava processes, with float and fixed-point models."""
