"""Files that people bring: fee lists, visits, rolls; looked at, mended, taken in, taken back."""
