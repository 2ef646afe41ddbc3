"""Tests of the rehearsal of any study."""
