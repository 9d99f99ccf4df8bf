"""A few workers killed and stopped at random: the small sister of the benchmark of the same name."""

import pytest

from tests.bench.kills import LEASE, run
from tests.support.mortal_workers import MortalWorkers

pytestmark = pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)


@pytest.mark.parametrize(("kills", "stops"), [(3, 0), (0, 1)], ids=["killed", "stopped"])
def test_workers_that_die_or_sleep_lose_double_and_overlap_nothing(world, config, tmp_path, kills, stops):
    diary = tmp_path / "diary"
    diary.touch()
    workers = MortalWorkers(config, world.clock, lease_seconds=LEASE, diary=diary)
    try:
        tally = run(world, diary, workers, kills=kills, stops=stops, seed=1, bots=2, steps=6)
    finally:
        workers.kill_all()
    assert tally.steps["message"] > 0 < tally.steps["follow"]
    assert (tally.overlaps, tally.late_calls, tally.lost, tally.doubled) == (0, 0, 0, 0)
    assert all(pause < LEASE + 5 for pause in tally.idle)
