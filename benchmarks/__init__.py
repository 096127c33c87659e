"""Measurements, not tests: each prints a table, none asserts a time."""
