"""What a version of a pack would change on visits that were really settled, tried before anybody approves it."""
