"""The rule as far as Lava's learning engine, and with it Loihi, can express it; docs/lava.md says how far that is."""
