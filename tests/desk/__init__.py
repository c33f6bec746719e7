"""The desk: its pages as their users walk them, in a real browser and beside it."""
