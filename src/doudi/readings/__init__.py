"""Ways to read a Program: scalar (generated Python, fast), trace (step by step, with what was used), explain.

Readings agree worth for worth; tests run one body on all of them. They know the IR and nothing else:
neither packs nor claims. `explain` reads a trace and the outline beside the Program.
"""
