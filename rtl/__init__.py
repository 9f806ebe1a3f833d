"""The rule in synthesizable Verilog, and what it takes to simulate it."""
