"""Random streams: one for each person and purpose, so that nobody's life depends on another's or on an order."""

from zlib import crc32

import numpy as np

HORIZON = 401
"""Draws that belong to a study day are drawn for all days at once and indexed by the day."""


def stream(seed: int, number: int, purpose: str) -> np.random.Generator:
    """The stream of one person (0 = the trial itself) for one purpose."""
    return np.random.default_rng([seed, number, crc32(purpose.encode())])
