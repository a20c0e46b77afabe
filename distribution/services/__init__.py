"""What the stage writes, by noun."""
