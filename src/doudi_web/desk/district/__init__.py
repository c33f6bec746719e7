"""The district's pages, one file a place."""
