"""The desk: the pages on which a hospital works. They show what the rooms below know, and ask them to act."""
