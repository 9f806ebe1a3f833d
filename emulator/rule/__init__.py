"""The rule: its description, its constants, the plain loop that judges, and the compiled loop."""
