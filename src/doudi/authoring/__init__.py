"""For who writes packs: a new pack's files, with words where the officer's own words go."""
