"""Rehearses a whole trial with synthetic people on a virtual clock."""
