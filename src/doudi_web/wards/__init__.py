"""The wards: who is in hospital, where (`stays`), what each visit comes to and what is missing (`figures`,
`needs`), kept so that a list of thousands is read at once (`keeping`, `watching`, `selectors`)."""
