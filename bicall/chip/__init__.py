"""The chip in Verilog: a mapped network is built, loaded over the host's packets, run, and compared."""
