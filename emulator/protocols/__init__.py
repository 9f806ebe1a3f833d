"""Experiments of neuroscience on the rule, float and fixed point side by side, each with numbers and a figure.

A protocol is a module with `measure(description, seed)`, which returns plain data ready for JSON, `rows(result)`, the
columns and rows of a short table, and `draw(result)`, its figure. `commands.PROTOCOLS` lists them.
"""
