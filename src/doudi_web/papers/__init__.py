"""Papers: what the patient takes home, what the hospital files, as PDF; and the log of what was printed."""
