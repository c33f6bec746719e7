"""Clearing: what became of each floor amount (`floor`, `deciding`), which are finished (`finishing`), which of them
a payment holds (`holding`), and what control comes to over a period (`spans`, `figures`, `assessing`). A message is
taken once (`once`)."""
