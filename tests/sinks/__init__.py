"""Servers of our own that stand in for the outside world and write down what reached them."""
