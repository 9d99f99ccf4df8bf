import pytest

from bot.core.backoff import Backoff


@pytest.mark.parametrize(("failures", "seconds"), [(1, 0.5), (2, 1.0), (3, 2.0), (6, 16.0), (7, 30.0), (100_000, 30.0)])
def test_a_pause_doubles_with_each_failure_up_to_the_maximum(failures, seconds):
    assert Backoff(initial=0.5, maximum=30.0).after(failures) == seconds
