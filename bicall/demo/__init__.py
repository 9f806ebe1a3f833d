"""The whole toolkit in one run: digits learned in float and integers, checked in Lava and Verilog, placed on cores."""
