"""The pages, a file a place: what each shows, and what is done on it."""
