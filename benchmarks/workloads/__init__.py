"""One module a workload: its limit, the product's way, and the oracle that both give the same."""
