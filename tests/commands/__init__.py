"""Commands as a person or a hospital's system calls them."""
