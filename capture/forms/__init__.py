"""Forms of the stage: those that visitors fill in, and those of the staff."""
