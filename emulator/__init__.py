"""The rule's description, its float reference, its bit-accurate emulator, and the experiments that use them."""

from emulator.caching import keep_apart_by_default

keep_apart_by_default()  # before anything is compiled
