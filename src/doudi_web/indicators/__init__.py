"""The district's figures: what standing settlements come to, kept by PostgreSQL as the ledger moves; budgets; a
city's districts side by side.

The keeper folds what is new in the ledger into facts (one row a standing settlement) and cells (sums of facts by
month, hospital, township, disease, standing). Pages and routes read cells; lists read facts. `settlement` and the
rooms beside it know nothing of this one.
"""
