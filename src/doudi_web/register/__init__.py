"""People: who is entitled, from when to when, and since when the register has known it."""
