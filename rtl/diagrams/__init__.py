"""Diagrams of the circuits, drawn from the Verilog."""
