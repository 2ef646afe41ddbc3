"""What something takes of a processor, whatever else this process, its collector or the machine is at."""

import gc
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager


@contextmanager
def lasting_less_than(seconds: float) -> Iterator[None]:
    """Fail where what is done here takes its thread so many seconds of a processor, or more."""
    with _uncollected():
        began = time.thread_time()
        yield
        taken = time.thread_time() - began
    assert taken < seconds, f"{taken:.2f} s of a processor"


def processor_seconds(work: Callable[[], object]) -> float:
    """What this thread takes of a processor for it; of three times the least, for all else only adds."""
    return min(_once(work) for _ in range(3))


def _once(work: Callable[[], object]) -> float:
    with _uncollected():
        began = time.thread_time()
        work()
        return time.thread_time() - began


@contextmanager
def _uncollected() -> Iterator[None]:
    """Meanwhile no garbage is collected: whose turn it is to pay for what all tests before left is chance."""
    gc.disable()
    try:
        yield
    finally:
        gc.enable()
