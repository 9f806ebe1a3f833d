"""The rule's description, its float reference, its bit-accurate emulator, and the experiments that use them."""
