"""What waits for the district's decision, from every room below, in one list: who, by when, how much money."""
