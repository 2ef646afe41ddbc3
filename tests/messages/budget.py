"""How much a test of chance tries: little in every run of the suite, a lot in `make soak` (SOAK=1)."""

import os


def budget(usual: int, soak: int) -> int:
    """`usual`, or `soak` where somebody has the time."""
    return soak if os.environ.get("SOAK") else usual
