"""What rules here: packs, catalogues and mappings, each kept word for word as it was installed."""
