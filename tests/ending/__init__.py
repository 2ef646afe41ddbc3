"""Tests of how a study ends."""
