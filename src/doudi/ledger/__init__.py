"""Running sums and entries. An accumulator is the sum of an opening and of entries, never overwritten."""
