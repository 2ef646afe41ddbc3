"""One BLAS thread for small matrices: waking the others costs ten times the work that they would share."""

from contextlib import AbstractContextManager
from functools import cache

import numpy as np
from scipy import linalg
from threadpoolctl import ThreadpoolController

LOADED = (np, linalg)
"""Each brings a BLAS of its own along; the controller knows those that are loaded when it is made."""


@cache
def pools() -> ThreadpoolController:
    """The thread pools of this process, looked for once: that takes longer than a small fit."""
    return ThreadpoolController()


def one_thread() -> AbstractContextManager[object]:
    """Linear algebra inside runs on one thread; the former count comes back afterwards."""
    context: AbstractContextManager[object] = pools().limit(limits=1, user_api="blas")
    return context
