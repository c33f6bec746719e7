"""The township's pages, one file a place: for a telephone first."""
