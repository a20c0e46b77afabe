"""Score models, BANT and disqualification."""
