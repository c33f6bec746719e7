"""How fast, beside what: `make bench` prints each goal beside its peers and writes build/bench.json.

Not a test: times are measured, never asserted. The peers (other tools, the same rules) stand in peers/.
"""
