"""The program is loaded without looking for garbage: there is none yet, and the looking takes a sixth of the time."""

import gc
from collections.abc import Iterator
from contextlib import contextmanager


@contextmanager
def without_sweeping() -> Iterator[None]:
    """Throw nothing away meanwhile; whoever had the sweeping switched off finds it so."""
    swept = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if swept:
            gc.enable()
