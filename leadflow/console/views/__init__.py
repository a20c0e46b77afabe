"""Settings screens, one module per group of the index."""
