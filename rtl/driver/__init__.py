"""The Verilog, built and driven from Python."""
