"""目录对照: a hospital's items that stand for nothing in the catalogue, what is like them, and who decides."""
