"""What is handed to somebody outside who need not trust us: evidence of one settlement, heads of the ledger."""
