"""Sequences, their steps and who is in them."""
