"""Disputes (对账异议): a hospital's office says that a posting or a sum of its month is not right (`opening`), the
district answers (`answering`), the office takes the answer, says it again, or withdraws (`ending`)."""
