"""Thin I/O shells, one per kind of target; no decisions."""
