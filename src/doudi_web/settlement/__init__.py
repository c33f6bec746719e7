"""Visits and their bills, settlements, accumulators, and the ledger: append-only double entry, sealed.

`actions` writes: one transaction each, accumulator owners locked first. `rows` knows the tables' SQL; `models`
their shape; `evidence` what is kept so that a settlement can be replayed; `ledger` entries and their commitments;
`seal` the Merkle log over them.
"""
