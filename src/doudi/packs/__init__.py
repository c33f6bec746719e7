"""Policies as data: from a folder of YAML to a typed Pack.

document (the form, and the JSON Schema) → load (files, extends, cites) → build (typed model) ; resolve
says which pack rules where and when. The room knows neither claims nor the IR: only `compile` brings a
Pack and a Program together. Every fault is found at once, with file:line.
"""
