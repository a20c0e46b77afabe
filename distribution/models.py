"""Pools, routing and assignments."""
