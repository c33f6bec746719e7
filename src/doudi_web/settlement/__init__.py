"""Visits and their bills, settlements, accumulators, and the ledger: append-only double entry, sealed.

`settling` and `reversing` write: one transaction each, accumulator owners locked first. `tables` knows the SQL,
`models` the shape of the tables; `entitled` brings in what the register knows; `ledger` makes entries and what
commits to them; `selectors` reads one, `listing` pages of them, `provisional` who waits for the register.
"""
