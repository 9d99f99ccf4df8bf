"""Growth of a call's work with the size of its input, independent of the machine's speed."""

from collections.abc import Callable
from time import thread_time

RUNS = 3


def growth(call: Callable[[int], object], size: int) -> float:
    """Return the thread's CPU time for four times the size over that for `size`, each the least of three runs.

    It is about 4 for linear work and 16 for quadratic.
    """
    return _least(call, 4 * size) / _least(call, size)


def _least(call: Callable[[int], object], size: int) -> float:
    times = []
    for _ in range(RUNS):
        began = thread_time()
        call(size)
        times.append(thread_time() - began)
    return min(times)
