"""The ledger for other systems: export profiles, files, what the state's system answered."""
