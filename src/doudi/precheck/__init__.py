"""Before anything is charged (事前审核): what the bill comes to now, what each line does, what would do better."""
