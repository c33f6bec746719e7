"""Dialects ↔ our nouns: names and shapes only, no rule and no network.

bill_form (the shape of a bill, its JSON Schema) → bills (claims) ; catalogue_file, history ; settlements (what
is printed). A bill with a fault becomes a Held, which later visits name; it is never half read.
"""
