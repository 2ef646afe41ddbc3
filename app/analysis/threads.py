"""One BLAS thread for small matrices: waking the others costs ten times the work that they would share."""

import ctypes
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import cache
from pathlib import Path

import numpy as np
import scipy


@cache
def switches() -> tuple[tuple[Callable[[], int], Callable[[int], None]], ...]:
    """Getter and setter of the thread count of each OpenBLAS that numpy and scipy brought along; none elsewhere."""
    found = []
    for package in (np, scipy):
        home = Path(str(package.__file__)).parents[1] / f"{package.__name__}.libs"
        for path in home.glob("*openblas*"):
            library = ctypes.CDLL(str(path))
            for suffix in ("64_", ""):
                setter = getattr(library, f"scipy_openblas_set_num_threads{suffix}", None)
                getter = getattr(library, f"scipy_openblas_get_num_threads{suffix}", None)
                if setter is not None and getter is not None:
                    found.append((getter, setter))
                    break
    return tuple(found)


@contextmanager
def one_thread() -> Iterator[None]:
    """Linear algebra inside runs on one thread; the former count comes back afterwards."""
    before = [(setter, getter()) for getter, setter in switches()]
    for setter, _ in before:
        setter(1)
    try:
        yield
    finally:
        for setter, count in before:
            setter(count)
