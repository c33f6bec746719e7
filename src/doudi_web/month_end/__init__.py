"""Month's end: all hospitals of a month beside one another (`hospitals`), and what is to be looked at before it is
closed, each with where it is dealt with (`checks`). It has no tables."""
