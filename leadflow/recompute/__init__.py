"""Holding what is kept for speed against the facts that it was made of."""
