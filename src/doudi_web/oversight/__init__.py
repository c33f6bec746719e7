"""Looking at all that was settled: whether it holds, agrees with what others say, and comes out the same again."""
