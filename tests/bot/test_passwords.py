"""Hashing takes as many cores as there are, and no more memory than that."""

import os
import threading
from concurrent.futures import ThreadPoolExecutor

from bot import passwords
from bot.passwords import hash_password, verify_password

CORES = len(os.sched_getaffinity(0))


def test_however_many_sign_in_a_core_works_on_one(monkeypatch):
    threads, together, most = set(), 0, 0
    lock = threading.Lock()

    def matching(stored, password):
        nonlocal together, most
        with lock:
            threads.add(threading.current_thread().name)
            together += 1
            most = max(most, together)
        matches = found(stored, password)
        with lock:
            together -= 1
        return matches

    found = passwords._matches
    monkeypatch.setattr(passwords, "_matches", matching)
    stored = hash_password("a phrase of mine")
    with ThreadPoolExecutor(16) as crowd:
        results = list(crowd.map(lambda number: verify_password(stored, "a phrase of mine" * (number % 2)), range(16)))
    assert results == [False, True] * 8
    assert most <= CORES
    assert len(threads) <= CORES
