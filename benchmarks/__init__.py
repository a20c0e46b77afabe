"""Speed and memory beside the raw limit, in one interleaved run: `python -m benchmarks`."""
