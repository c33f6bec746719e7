"""The small language that every policy becomes: piecewise-linear steps over whole fen.

Types, operations, the Program (a DAG of named, cited steps), its check and its canonical text. No
loops, no recursion, no floats, no clock: that is what lets one Program have many readings. The room
knows neither packs nor claims; `compile` brings policies in, `readings` take amounts out.
"""
