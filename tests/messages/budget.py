"""How much a test of chance tries: little in every run of the suite, a lot in `make soak` (SOAK, in minutes)."""

import os

SOAK_MINUTES = float(os.environ.get("SOAK") or 0)
"""How long the state machine goes on after its usual histories."""


def budget(usual: int, soak: int) -> int:
    """`usual`, or `soak` where somebody has the time."""
    return soak if SOAK_MINUTES else usual
