"""How the work of a call grows with what it is given, without a word about how fast the machine is."""

from collections.abc import Callable
from time import thread_time

RUNS = 3


def growth(call: Callable[[int], object], size: int) -> float:
    """CPU of this thread for four times the size over that for `size`, each the least of three runs: about 4 where the
    work is linear, 16 where it is quadratic.
    """
    return _least(call, 4 * size) / _least(call, size)


def _least(call: Callable[[int], object], size: int) -> float:
    times = []
    for _ in range(RUNS):
        began = thread_time()
        call(size)
        times.append(thread_time() - began)
    return min(times)
