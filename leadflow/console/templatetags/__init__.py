"""Template tags of Settings."""
