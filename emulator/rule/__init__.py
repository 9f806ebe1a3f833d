"""The rule: its description, its constants, the plain loop, which is the reference model, and the compiled loop."""
