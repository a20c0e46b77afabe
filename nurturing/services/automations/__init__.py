"""Automation rules: what they wait for, making and publishing them, reacting, trying on last month."""
