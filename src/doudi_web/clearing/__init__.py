"""Clearing: what became of each floor amount (`floor`, `deciding`), and what control comes to over a period
(`spans`, `figures`, `assessing`). A message is taken once (`once`)."""
