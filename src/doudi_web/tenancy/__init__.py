"""Who may: the division of the district, its facilities, accounts, clients' tokens, roles and what they permit."""
